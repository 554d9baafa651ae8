import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { chromiumPath, openConsole, type ConsoleBrowser } from './console-browser.js';
import { totpAt } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const withBrowser = chromiumPath === undefined ? describe.skip : describe;
const email = 'dana@example.com';
const password = 'a sentence of my own 4711';

// One story, in order.
withBrowser('a seat in the console', () => {
  let workspace: Workspace;
  let site: ConsoleBrowser;
  let page: Page;
  let secret: string;
  let link: string;

  beforeAll(async () => {
    workspace = await createWorkspace(system, 'Example Agents');
    rememberSecret('password of a seat', password);
    const seat = { email, first_name: 'Dana', last_name: 'Lee' };
    await call(system, '/v1/seats', { key: workspace.apiKey, body: seat });
    site = await openConsole(system);
    ({ page } = site);
    await site.signIn(workspace.apiKey);
  });
  afterAll(() => site.close());

  const codeLater = (steps: number) => totpAt({ secret }, Date.now() + steps * 30_000);
  /** To its end: an answer that comes late would take the next session's cookie away. */
  const signOut = async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  };
  const signIn = async (given: string, code: string) => {
    await page.getByLabel('Mail').fill(email);
    await page.getByRole('textbox', { name: 'Password' }).fill(given);
    await page.getByRole('textbox', { name: 'Code' }).fill(code);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  it('is let in with a link, that its operator is shown once', async () => {
    await site.show('/seats', 'Seats');
    await page.getByRole('button', { name: 'Let sign in' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('See logins and what came in for them').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('invite', true);
    await dialog.getByLabel('Open, answer and watch challenges').uncheck();
    await dialog.getByLabel('Your own API key').first().fill(workspace.apiKey);
    await dialog.getByRole('button', { name: 'Make the link' }).click();
    await dialog.getByText('shown this once').waitFor();
    link = (await dialog.locator('code').first().textContent()) ?? '';
    rememberSecret('link of a seat', new URL(link).hash.slice(1));
    expect(link).toMatch(/\/console\/set-up#otp_setup_/);
    expect(await site.serious()).toEqual([]);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('invited').waitFor();
    await signOut();
  });

  it('sets a password and its authenticator, and is in', async () => {
    await page.goto(link);
    await page.getByRole('heading', { name: 'Set up your sign-in' }).waitFor();
    expect(await site.serious()).toEqual([]);
    await page.getByRole('textbox', { name: 'New password' }).fill(password);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor();
    secret = (await page.locator('code').first().textContent()) ?? '';
    rememberSecret('secret of a seat', secret);
    expect(await site.serious()).toEqual([]);
    await site.picture('set-up', true);
    await page.getByRole('textbox', { name: 'Code' }).fill('abcdef');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('textbox', { name: 'Code' }).fill(codeLater(0));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Credentials', level: 1 }).waitFor();
    expect(page.url()).not.toContain('#');
    await page.getByText(email).waitFor();
    await page.goto(`${system.gatewayUrl}/console/audit`);
    await page.getByText('lacks the scope admin').waitFor();
    await signOut();
  });

  it('is told that a link is used up', async () => {
    await page.goto(`${system.gatewayUrl}/console/set-up?again${new URL(link).hash}`);
    await page.getByRole('textbox', { name: 'New password' }).fill(password);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('ask for a new one').waitFor();
  });

  it('signs in with password and code at its workspace’s own address, and not with a wrong one', async () => {
    await page.goto(`${system.gatewayUrl}/console/sign-in/${workspace.workspaceId}`);
    await page.getByLabel('Mail').waitFor();
    expect(await site.serious()).toEqual([]);
    await signIn('not my password', codeLater(1));
    await page.getByText('The address, the password or the code is not right.').waitFor();
    await site.picture('seat-sign-in', true);
    await signIn(password, codeLater(1));
    await page.getByRole('heading', { name: 'Credentials', level: 1 }).waitFor();
    await signOut();
    // This browser knows the way now; whoever has a key finds it too.
    await page.goto(`${system.gatewayUrl}/console`);
    await page.getByLabel('Mail').waitFor();
    await page.getByRole('button', { name: 'Use an API key instead' }).click();
    await page.getByLabel('API key').first().fill(workspace.apiKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  });

  it('is shown with its state, and shut out with a click', async () => {
    await site.show('/seats', 'Seats');
    await page.getByText('ready').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('seats-signed-in', true);
    await page.getByRole('button', { name: 'Shut out' }).click();
    await page
      .getByRole('dialog', { name: /^Let dana/ })
      .getByRole('button', { name: 'Shut out' })
      .click();
    await page.getByText('It signs in no more').waitFor();
    await page.getByRole('button', { name: 'Let sign in' }).waitFor();
  });

  it('asks nobody else for anything, and breaks no rule of its page', () => {
    const harmless = /status of 40[14]|status of 422|Password forms should have/;
    expect([...site.hosts]).toEqual([new URL(system.gatewayUrl).host]);
    expect(site.troubles.filter((text) => !harmless.test(text))).toEqual([]);
  });
});
