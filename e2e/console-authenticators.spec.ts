import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildMigrationUri, decodeSecret } from '@otpost/otp';
import type { Page } from 'playwright-core';
import { pngOf, qrCode } from '../apps/gateway/src/otp-secrets/testing/images.js';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { chromiumPath, openConsole, type ConsoleBrowser } from './console-browser.js';
import { fakeCamera } from './fake-camera.js';
import { until } from './inbound-senders.js';
import { createWorkspace, sharedSystem, testFolder, type Workspace } from './system.js';

const system = sharedSystem();
const withBrowser = chromiumPath === undefined ? describe.skip : describe;
const secret = 'MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK';
const linkTo = (label: string) => `otpauth://totp/Acme:${label}?secret=${secret}&issuer=Acme`;

withBrowser('authenticators in the console', () => {
  let workspace: Workspace;
  let site: ConsoleBrowser;
  let page: Page;

  beforeAll(async () => {
    workspace = await createWorkspace(system);
    rememberSecret('secret in a QR code', secret);
    const camera = fakeCamera(join(testFolder(), 'camera.y4m'), await qrCode(linkTo('camera')));
    site = await openConsole(system, camera);
    ({ page } = site);
    await site.signIn(workspace.apiKey);
  });
  afterAll(() => site.close());

  const dialog = () => page.getByRole('dialog');
  const open = async (tab: string) => {
    await site.show('/credentials/authenticators', 'Credentials');
    await page.getByRole('button', { name: 'Add an authenticator' }).click();
    await dialog().getByRole('tab', { name: tab }).click();
  };
  const picture = async (text: string) => ({
    name: 'qr.png',
    mimeType: 'image/png',
    buffer: pngOf(await qrCode(text)),
  });
  const stored = async (label: string) => {
    await page.getByText('stored.').first().waitFor();
    await page.getByText(label, { exact: true }).waitFor();
  };

  it('say what to do while there are none, and take a link or a whole export as text', async () => {
    await site.show('/credentials/authenticators', 'Credentials');
    await page.getByText('No authenticators yet').waitFor();
    expect(await site.serious()).toEqual([]);
    await open('Text or link');
    await dialog().getByLabel('Secret, otpauth://').fill(linkTo('by link'));
    await dialog().getByRole('button', { name: 'Store' }).click();
    await stored('by link');
    await open('Text or link');
    const account = { type: 'totp', issuer: 'Acme', algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
    const labels = ['first of two', 'second of two'];
    const accounts = labels.map((label) => ({ ...account, label, secret: decodeSecret(secret) }));
    await dialog().getByLabel('Secret, otpauth://').fill(buildMigrationUri(accounts));
    await dialog().getByRole('button', { name: 'Import' }).click();
    await page.getByText('2 authenticators are stored.').waitFor();
  });

  it('come from a picture that is chosen, and say what is wrong with one that has no code', async () => {
    await open('Picture');
    const choose = async (file: { name: string; mimeType: string; buffer: Buffer }) =>
      dialog().locator('input[type=file]').setInputFiles(file);
    const blank = { width: 30, height: 30, isDark: () => false };
    await choose({ name: 'wall.png', mimeType: 'image/png', buffer: pngOf(blank) });
    await dialog().getByText('no QR code was found').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('authenticator-picture', true);
    await choose(await picture(linkTo('by picture')));
    await stored('by picture');
  });

  it.each(['paste', 'drop'])('come from a picture by %s', async (way) => {
    const { buffer } = await picture(linkTo(`by ${way}`));
    await open('Picture');
    await dialog().getByRole('button', { name: 'Choose an image' }).waitFor();
    await page.evaluate(
      `(() => {
        const bytes = Uint8Array.from(atob(${JSON.stringify(buffer.toString('base64'))}), (one) => one.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'qr.png', { type: 'image/png' }));
        if (${way === 'paste'}) dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
        else document.querySelector('[data-testid=drop]').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      })()`,
    );
    await stored(`by ${way}`);
  });

  it('come from the camera, which is off again afterwards', async () => {
    await page.addInitScript(`(() => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      window.cameras = [];
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        window.cameras.push(...stream.getTracks());
        return stream;
      };
    })()`);
    // Nobody looks at what it sees until this test has.
    let letGo: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/v1/otp-secrets/import', async (route) => {
      await looked;
      await route.continue();
    });
    await open('Camera');
    await dialog().getByLabel('What the camera sees').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('authenticator-camera', true);
    letGo();
    await stored('camera');
    expect(await page.evaluate('window.cameras.map(({ readyState }) => readyState)')).toEqual(['ended']);
    await open('Camera');
    const cameras = () => page.evaluate<string[]>('window.cameras.map(({ readyState }) => readyState)');
    await until('the camera is on', async () => ((await cameras()).length === 1 ? true : undefined));
    await page.keyboard.press('Escape');
    await until('the camera is off', async () => ((await cameras())[0] === 'ended' ? true : undefined));
  });

  it('give the camera to the console alone', async () => {
    const policyOf = async (path: string) =>
      (await fetch(system.gatewayUrl + path)).headers.get('permissions-policy') ?? '';
    expect(await policyOf('/console')).toBe('camera=(self), microphone=(), geolocation=()');
    expect(await policyOf('/docs')).not.toMatch(/camera=\(self\)/);
  });

  it('let a login say whose mail it takes, and what its codes look like', async () => {
    const login = { permissioned_user_id: 'alice', domain: 'bank.example', tfa_method: 'EMAIL' };
    const { body } = await call<{ id: string }>(system, '/vault', { key: workspace.apiKey, body: login });
    await site.show(`/credentials/${body.id}`, 'Credentials');
    await page.getByText('Codes of any sender').waitFor();
    await page.getByRole('button', { name: 'Change what it takes' }).click();
    const form = page.getByRole('dialog', { name: 'What the login takes' });
    await form.getByLabel('Mail is taken from').fill('mail.bank.example');
    await form.getByLabel('Mail is taken from').press('Enter');
    await form.getByRole('switch').check();
    await form.getByLabel('Characters in a code').fill('6');
    await form.getByLabel('Pattern').fill('(unclosed');
    await form.getByRole('button', { name: 'Change' }).click();
    await form.locator('[aria-invalid=true]').waitFor();
    expect(await site.serious()).toEqual([]);
    await site.picture('inbound-policy', true);
    await form.getByLabel('Pattern').fill('code: ([0-9]{6})');
    await form.getByRole('button', { name: 'Change' }).click();
    await page.getByText('mail.bank.example').waitFor();
    await page.getByText('required (SPF, DKIM, DMARC)').waitFor();
    const policy = await call(system, `/v1/credentials/${body.id}/inbound-policy`, { key: workspace.apiKey });
    expect(policy.body).toMatchObject({
      require_auth: true,
      allowed_sender_domains: ['mail.bank.example'],
      extraction_hint: { length: 6, pattern: 'code: ([0-9]{6})' },
    });
  });

  it('need nobody else, and break no rule of their page', () => {
    expect([...site.hosts]).toEqual([new URL(system.gatewayUrl).host]);
    const harmless = /status of 401|status of 422|Password forms should have/;
    expect(site.troubles.filter((text) => !harmless.test(text))).toEqual([]);
  });
});
