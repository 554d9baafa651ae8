import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import type { Page } from 'playwright-core';
import { SMTPServer } from 'smtp-server';
import { TwilioStandIn } from '../apps/gateway/src/phone-numbers/testing/twilio-stand-in.js';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { chromiumPath, openConsole, type ConsoleBrowser } from './console-browser.js';
import { makeEntry, sendMail, until } from './inbound-senders.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

const withBrowser = chromiumPath === undefined ? describe.skip : describe;
const accountSid = `AC${'2'.repeat(32)}`;
const authToken = 'fedcba9876543210fedcba9876543210';

// One story, in order: its system is broken at the end.
withBrowser('operating otpost from the console', () => {
  const twilio = new TwilioStandIn(accountSid, authToken);
  const mails: string[] = [];
  const relay = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      void simpleParser(stream).then((mail) => {
        mails.push(mail.text ?? '');
        done();
      }, done);
    },
  });
  let system: OwnSystem;
  let workspace: Workspace;
  let site: ConsoleBrowser;
  let page: Page;

  beforeAll(async () => {
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    system = await startSystem({
      environment: {
        OTPOST_TWILIO_API_URL: await twilio.start(),
        OTPOST_TWILIO_ACCOUNT_SID: accountSid,
        OTPOST_TWILIO_AUTH_TOKEN: authToken,
        OTPOST_SMTP_RELAY_URL: `smtp://127.0.0.1:${(relay.server.address() as AddressInfo).port}`,
        OTPOST_MAIL_FROM: 'otpost@mail.example.com',
      },
    });
    // With a second workspace, a number of the deployment's needs to be approved.
    await createWorkspace(system, 'Another one');
    workspace = await createWorkspace(system, 'Example Agents');
    await makeEntry(system, workspace, 'bank.example', 'SMS');
    site = await openConsole(system);
    ({ page } = site);
    await site.signIn(workspace.apiKey);
  }, 120_000);
  afterAll(async () => {
    await site.close();
    await system.end();
    await twilio.stop();
    await new Promise<void>((resolve) => relay.close(resolve));
  }, 60_000);

  const dialog = () => page.getByRole('dialog');

  it('buys a number, has it approved with the root key, and gives it to a login', async () => {
    await site.show('/numbers', 'Numbers');
    await page.getByText('No numbers yet').waitFor();
    await page.getByRole('button', { name: 'Buy a number' }).click();
    await dialog().getByLabel('Country').fill('1x');
    await dialog().getByRole('button', { name: 'Buy', exact: true }).click();
    await dialog().locator('[aria-invalid=true]').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('buy-number', true);
    await dialog().getByLabel('Country').fill('us');
    await dialog().getByRole('button', { name: 'Buy', exact: true }).click();
    await page.getByText('is yours.').waitFor();
    await page.getByText('pending approval').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await dialog().getByLabel('Root key').first().fill(workspace.apiKey);
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await dialog().getByRole('alert').waitFor();
    await dialog().getByLabel('Root key').first().fill(system.rootKey);
    expect(await site.serious()).toEqual([]);
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await page.getByText('takes codes now.').waitFor();
    await page.getByRole('button', { name: 'Change' }).click();
    await dialog().getByRole('combobox', { name: 'Login' }).click();
    await page.getByRole('option').first().click();
    await dialog().getByRole('button', { name: 'Change' }).click();
    await page.getByText('The number is changed.').waitFor();
    await page.getByRole('cell', { name: /at bank\.example/ }).waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('numbers-bought', true);
  });

  it('shows the copies of a rule, and what became of each', async () => {
    const entry = { permissioned_user_id: 'bob', domain: 'shop.example', tfa_method: 'EMAIL' };
    const { body: login } = await call<{ tfa_email: string }>(system, '/vault', { key: workspace.apiKey, body: entry });
    await site.show('/forwarding', 'Forwarding');
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await dialog().getByRole('textbox', { name: 'To' }).fill('human@people.example');
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'human@people.example' }).click();
    await dialog().getByText('No copies yet').waitFor();
    expect(await site.serious()).toEqual([]);
    const question = await until('the question', () => mails[0]);
    const [link = ''] = /http:\/\/\S+\/confirm\/\S+/.exec(question) ?? [];
    rememberSecret('link to a page', new URL(link).pathname.split('/').at(-1) ?? '');
    await fetch(link, { method: 'POST', body: new URLSearchParams() });
    const text = 'Your verification code is 90210447. It is for you.';
    await sendMail(system, { from: 'security@shop.example', to: login.tfa_email, text });
    await dialog().getByText('sent', { exact: true }).waitFor();
    await dialog().getByText('not yet').waitFor({ state: 'detached' });
    expect(await site.serious()).toEqual([]);
    await site.picture('forwards', true);
  });

  it('shows how far a rotation of its keys is, and nothing of the keys', async () => {
    await site.show('/encryption', 'Encryption');
    await page.getByText('Version 1').waitFor();
    const body = { workspace_id: workspace.workspaceId };
    expect((await call(system, '/v1/keys/rotate-dek', { key: system.rootKey, body })).status).toBe(200);
    await page.getByText('Version 2').waitFor();
    await page.getByText('A rotation is under way').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('encryption-rotating', true);
  });

  it('says so while otpost cannot be reached, and goes on when it can', async () => {
    await site.show('/webhooks', 'Webhooks');
    await page.getByText('No endpoints yet').waitFor();
    await system.stop('gateway');
    // Its code is not here yet, and cannot be had.
    await page.getByRole('link', { name: 'Messages' }).click();
    await page.getByText('This page cannot be shown').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('unreachable', true);
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByRole('tab', { name: 'Deliveries' }).click();
    await page.getByText('otpost cannot be reached at the moment.').waitFor();
    await page.getByRole('link', { name: 'Seats' }).click();
    await page.getByText('This page cannot be shown').waitFor();
    await system.start('gateway');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No seats yet').waitFor();
  });
});
