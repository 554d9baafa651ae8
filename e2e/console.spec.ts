import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { call } from './api.js';
import { chromiumPath, openConsole, type ConsoleBrowser } from './console-browser.js';
import { fillWorkspace, type ConsoleData } from './console-data.js';
import { until } from './inbound-senders.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const withBrowser = chromiumPath === undefined ? describe.skip : describe;
const assets = fileURLToPath(new URL('../apps/console/dist/assets/', import.meta.url));
const marked = { 'x-otpost-console': '1' };
let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace(system, 'Example Agents');
});

const signIn = (api_key: string, headers: Record<string, string> = marked) =>
  call<{ scopes: string[] }>(system, '/console/session', { body: { api_key }, headers });
const cookieOf = (headers: Headers) => (headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';

describe('a session of the console', () => {
  it('is a cookie that no script reads, holds no API key, and is worth nothing after the sign-out', async () => {
    const { status, headers } = await signIn(workspace.apiKey);
    const cookie = cookieOf(headers);
    expect(status).toBe(201);
    expect(headers.get('set-cookie')).toMatch(/; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(workspace.apiKey);
    const as = { headers: { ...marked, cookie } };
    expect((await call(system, '/v1/challenges', as)).status).toBe(200);
    expect((await call(system, '/console/session', { ...as, method: 'DELETE' })).status).toBe(200);
    expect((await call(system, '/v1/challenges', as)).status).toBe(401);
  });

  it('counts for nothing in a request that another site could have caused', async () => {
    const cookie = cookieOf((await signIn(workspace.apiKey)).headers);
    const statusWith = async (headers: Record<string, string>) =>
      (await call(system, '/v1/challenges', { headers: { cookie, ...headers } })).status;
    expect(await statusWith(marked)).toBe(200);
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ ...marked, 'sec-fetch-site': 'same-site' })).toBe(401);
    expect((await signIn(workspace.apiKey, {})).status).toBe(403);
  });

  it('may do what its key may, and ends with it', async () => {
    const body = { scopes: ['challenges:write'] };
    const made = await call<{ id: string; key: string }>(system, '/v1/api-keys', { key: workspace.apiKey, body });
    const { body: session, headers } = await signIn(made.body.key);
    const as = { headers: { ...marked, cookie: cookieOf(headers) } };
    expect(session.scopes).toEqual(['challenges:write']);
    expect((await call(system, '/v1/audit', as)).status).toBe(403);
    await call(system, `/v1/api-keys/${made.body.id}`, { method: 'DELETE', key: workspace.apiKey });
    expect((await call(system, '/v1/challenges', as)).status).toBe(401);
    expect((await signIn(made.body.key)).status).toBe(401);
  });

  it('is shown on a page that takes scripts and styles from nobody else', async () => {
    const response = await fetch(`${system.gatewayUrl}/console/anything/at/all`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(response.status).toBe(200);
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[\w-]{22}'/);
    expect(policy).not.toMatch(/unsafe/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).not.toContain('{nonce}');
  });
});

withBrowser('the console in a browser', () => {
  let site: ConsoleBrowser;
  let page: Page;
  let data: ConsoleData;

  beforeAll(async () => {
    [data, site] = await Promise.all([fillWorkspace(system, workspace), openConsole(system)]);
    ({ page } = site);
  });
  afterAll(async () => {
    await site.close();
    data.receiver.close();
  });

  const show = (path: string, title: string) => site.show(path, title);
  const serious = () => site.serious();
  const picture = (name: string) => site.picture(name, true);

  it('takes an API key, and says so when it is none; loads under 250 kB of script, and paints within a second', async () => {
    const scripts = new Set<string>();
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.add(response.url().split('/').at(-1) ?? '');
    });
    await page.goto(`${system.gatewayUrl}/console`);
    await page.getByLabel('API key').first().fill('otp_live_wrong');
    const wrong = await serious();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await picture('sign-in');
    await page.getByLabel('API key').first().fill(workspace.apiKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Codes delivered').waitFor();
    expect(wrong).toEqual([]);
    const bytes = [...scripts].reduce((sum, name) => sum + statSync(join(assets, `${name}.gz`)).size, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(250_000);
    expect(await quickestPaintMs()).toBeLessThan(1_000);
  });

  /** Of a few, since the machine has other things to do too. */
  async function quickestPaintMs(): Promise<number> {
    let quickest = Infinity;
    for (let load = 0; load < 5 && quickest >= 1_000; load += 1) {
      await page.reload();
      await page.getByText('Codes delivered').waitFor();
      const painted = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime");
      quickest = Math.min(quickest, painted as number);
    }
    return quickest;
  }

  it.each([
    ['overview', '', 'Overview', 'By factor'],
    ['credentials', '/credentials', 'Credentials', 'github.com'],
    ['authenticators', '/credentials/authenticators', 'Credentials', 'VPN token'],
    ['challenges', '/challenges', 'Challenges', 'run-waits'],
    ['messages', '/messages', 'Messages', 'security@bank.example'],
    ['webhooks', '/webhooks', 'Webhooks', 'Our runner'],
    ['deliveries', '/webhooks/deliveries', 'Webhooks', 'challenge.resolved'],
    ['numbers', '/numbers', 'Numbers', 'No numbers yet'],
    ['forwarding', '/forwarding', 'Forwarding', 'Nothing is forwarded'],
    ['seats', '/seats', 'Seats', 'dana@example.com'],
    ['encryption', '/encryption', 'Encryption', 'Version 1'],
    ['api-keys', '/api-keys', 'API keys', 'checkout agent'],
    ['audit', '/audit', 'Audit', 'challenge.opened'],
    ['settings', '/settings', 'Settings', 'A code is fresh for'],
  ])('shows %s, readable for everybody', async (name, path, title, text) => {
    await show(path, title);
    await page.getByText(text).first().waitFor();
    await picture(name);
    expect(await serious()).toEqual([]);
  });

  it('shows a live code when asked, and not before', async () => {
    await show('/credentials', 'Credentials');
    await page.getByRole('button', { name: 'github.com' }).click();
    expect(await page.locator('output').count()).toBe(0);
    await page.getByRole('button', { name: 'Show the code' }).click();
    await page.locator('output').waitFor();
    expect(await page.locator('output').textContent()).toMatch(/^\d{3} \d{3}$/);
    await page.getByRole('img', { name: /seconds left/ }).waitFor();
    expect(await serious()).toEqual([]);
    await picture('live-code');
  });

  it('stores a login, finds it again, and deletes it', async () => {
    await show('/credentials', 'Credentials');
    await page.getByRole('button', { name: 'Add a login' }).click();
    await page.getByLabel('Domain').fill('https://www.Shop.example/login');
    await page.getByPlaceholder('alice').fill('bob');
    await page.getByRole('button', { name: 'Store' }).click();
    await page.getByText('The login is stored.').waitFor();
    await page.getByRole('searchbox').fill('bob');
    await page.getByRole('button', { name: 'shop.example' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page
      .getByRole('dialog', { name: /^Delete bob/ })
      .getByRole('button', { name: 'Delete' })
      .click();
    await page.getByText('Nothing matches').waitFor();
  });

  it('answers a challenge, and shows what happened to it', async () => {
    await show(`/challenges/${data.pendingId}`, 'Challenges');
    await page.getByText('Your bank has sent a code').waitFor();
    await picture('challenge');
    await page.getByLabel('Code').fill('112 233');
    await page.getByRole('button', { name: 'Answer' }).click();
    await page.getByText('Resolved by user').waitFor();
    expect(await serious()).toEqual([]);
    const answered = await call(system, `/v1/challenges/${data.pendingId}`, { key: workspace.apiKey });
    expect(answered.body).toMatchObject({ status: 'resolved', code: '112233' });
  });

  it('shows a mail as it looks, without anything of it that acts or loads', async () => {
    await show('/messages', 'Messages');
    await page.getByRole('button', { name: 'security@bank.example' }).click();
    const mail = page.frameLocator('iframe[title="The message"]');
    await mail.getByText('Example Bank').waitFor();
    await page.getByText('The code that was taken').waitFor();
    const html = await mail.locator('body').innerHTML();
    expect(html).toContain(data.bankCode);
    expect(html).toContain('font-size: 28px');
    expect(html).not.toMatch(/script|onclick|src=|href=|url\(/);
    await picture('message');
    expect(await serious()).toEqual([]);
  });

  it('sends a test event, and makes a key that is shown once', async () => {
    await show('/webhooks', 'Webhooks');
    await page.getByRole('button', { name: /^http:/ }).click();
    await page.getByRole('button', { name: 'Send a test event' }).click();
    await page.getByText('The test event').waitFor();
    await page.getByText('thanks').waitFor();
    await page.getByRole('tab', { name: 'Python' }).click();
    await picture('endpoint');
    expect(await serious()).toEqual([]);
    await show('/api-keys', 'API keys');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Name').fill('made here');
    await page.getByLabel('Your own API key').first().fill(workspace.apiKey);
    await page.getByRole('button', { name: 'Make', exact: true }).click();
    await page.getByText('shown this once').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('made here').waitFor();
  });

  it('checks the audit chain, in the dark too', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await show('/audit', 'Audit');
    await page.getByRole('button', { name: 'Check the chain' }).click();
    await page.getByText('entries are as they were written').waitFor();
    await picture('audit-dark');
    await show('', 'Overview');
    await page.getByText('By factor').waitFor();
    await picture('overview-dark');
  });

  it('goes from page to page by keys, and lets nobody in after the sign-out', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Credentials', level: 1 }).waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.type')).toBe('search');
    const row = page.getByRole('button', { name: 'github.com' });
    await row.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('Second factor').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await until('the focus is back', async () => ((await focused()) === 'github.com' ? true : undefined));
    await page.reload();
    await page.getByRole('heading', { name: 'Credentials', level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('needs nobody else, and breaks none of its own rules', () => {
    expect([...site.hosts]).toEqual([new URL(system.gatewayUrl).host]);
    // The last one is of this test itself, which looks into the frame.
    const harmless = /status of 401|Password forms should have|Blocked script execution in .*message-frame/;
    expect(site.troubles.filter((text) => !harmless.test(text))).toEqual([]);
  });
});
