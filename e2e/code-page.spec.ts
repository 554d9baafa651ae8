import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { Agent, request } from 'undici';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { findChromium, launchChromium } from './browser.mjs';
import { createWorkspace, sharedSystem, testFolder, type Workspace } from './system.js';

const system = sharedSystem();
const executablePath = findChromium();
const withBrowser = executablePath === undefined ? describe.skip : describe;
const pictures = join(testFolder(), 'pictures');
let workspace: Workspace;

interface Challenge {
  id: string;
  status: string;
  code?: string;
  page_url: string;
}

beforeAll(async () => {
  workspace = await createWorkspace(system);
  const body = { permissioned_user_id: 'page', domain: 'page.example' };
  await call(system, '/vault', { key: workspace.apiKey, body });
});

async function open(more: Record<string, unknown> = {}): Promise<Challenge> {
  const body = {
    permissioned_user_id: 'page',
    domain: 'page.example',
    message: 'Your bank has sent a code by SMS to the number ending in 42.',
    current_step: 'Sign in to Example Bank',
    ...more,
  };
  const challenge = (await call<Challenge>(system, '/v1/challenges', { key: workspace.apiKey, body })).body;
  // Whoever has it may answer: it is in no log, not of the requests that follow either.
  rememberSecret('name of a hosted page', new URL(challenge.page_url).pathname.slice('/code/'.length));
  return challenge;
}

const get = async (id: string) =>
  (await call<Challenge>(system, `/v1/challenges/${id}`, { key: workspace.apiKey })).body;
const digits = { properties: { code: { type: 'string', pattern: '^[0-9]{6}$' } }, required: ['code'] };

describe('the hosted page over HTTP', () => {
  it('is cached, framed, referred to and scripted by nobody', async () => {
    const { page_url } = await open();
    const response = await fetch(page_url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(response.status).toBe(200);
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe/);
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const text = await response.text();
    expect(text).not.toMatch(/https?:\/\/|<script>|style=/);
    expect(text).toContain('autocomplete="one-time-code"');
  });

  it('takes no name that was not given out, and uses nothing up by being looked at', async () => {
    const challenge = await open();
    for (let look = 0; look < 3; look += 1) expect((await fetch(challenge.page_url)).status).toBe(200);
    const last = challenge.page_url.at(-1) === 'A' ? 'B' : 'A';
    expect((await fetch(challenge.page_url.slice(0, -1) + last)).status).toBe(404);
    expect((await fetch(`${system.gatewayUrl}/code/${challenge.id}`)).status).toBe(404);
    expect((await get(challenge.id)).status).toBe('pending');
  });

  it('takes no answer from another site', async () => {
    const challenge = await open();
    const send = (headers: Record<string, string>) =>
      fetch(challenge.page_url, { method: 'POST', body: new URLSearchParams({ code: '556677' }), headers });
    expect((await send({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await send({ origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await get(challenge.id)).status).toBe('pending');
  });

  it('shows what it was told as text', async () => {
    const { page_url } = await open({ message: '<img src=x onerror=alert(1)>' });
    expect(await (await fetch(page_url)).text()).not.toContain('<img');
  });
});

withBrowser('the hosted page in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    browser = await launchChromium(executablePath ?? '');
  });
  afterAll(() => browser.close());

  async function visit(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 }, ...options });
    page.on('console', (line) => troubles.push(line.text()));
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(url);
    return page;
  }
  const troubles: string[] = [];
  const hosts = new Set<string>();
  const picture = (page: Page, name: string) => page.screenshot({ path: join(pictures, `${name}.png`) });

  it('takes a code with spaces in it, and thanks', async () => {
    const challenge = await open({ schema: digits });
    const page = await visit(challenge.page_url);
    await picture(page, 'open-phone');
    const input = page.getByLabel('Code');
    expect(await input.getAttribute('inputmode')).toBe('numeric');
    expect(await input.getAttribute('autocomplete')).toBe('one-time-code');
    expect(
      await input.evaluate((element) => (element as { matches(selector: string): boolean }).matches(':focus')),
    ).toBe(true);
    expect(await page.locator('#time').textContent()).toMatch(/^\d:\d\d left$/);
    await input.fill('667 788');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    await picture(page, 'done-phone');
    expect(await get(challenge.id)).toMatchObject({ status: 'resolved', code: '667788' });
    await page.reload();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    await page.close();
  });

  it('says what is wrong with an answer, and takes the next one; also without a script', async () => {
    const challenge = await open({ schema: digits });
    const page = await visit(challenge.page_url, { javaScriptEnabled: false, viewport: { width: 1280, height: 800 } });
    await picture(page, 'open-desktop');
    await page.getByLabel('Code').fill('12');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Code').getAttribute('aria-invalid')).toBe('true');
    await picture(page, 'wrong-desktop');
    await page.getByLabel('Code').fill('778899');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(await get(challenge.id)).toMatchObject({ code: '778899' });
    await page.close();
  });

  it('asks for everything that a schema names, in the dark too', async () => {
    const schema = {
      properties: {
        code: { type: 'string', title: 'Code from the SMS', description: 'Six digits.', pattern: '^\\d{6}$' },
        remember: { type: 'boolean', title: 'Trust this device' },
        account: { enum: ['Private', 'Business'] },
      },
      required: ['code', 'account'],
    };
    const challenge = await open({ schema });
    const page = await visit(challenge.page_url, { colorScheme: 'dark' });
    await picture(page, 'fields-dark-phone');
    await page.getByLabel('Code from the SMS').fill('12345');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('alert').waitFor();
    await picture(page, 'wrong-dark-phone');
    await page.getByLabel('Code from the SMS').fill('889900');
    await page.getByLabel('Account').selectOption('Business');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(await get(challenge.id)).toMatchObject({
      code: '889900',
      answer: { code: '889900', remember: false, account: 'Business' },
    });
    await page.close();
  });

  it('tells when it is too late, and when it is not needed any more', async () => {
    const short = await open({ expires_in_seconds: 10 });
    const page = await visit(short.page_url);
    await page.getByText('The time is over.').first().waitFor({ timeout: 15_000 });
    expect(await page.getByRole('button').isDisabled()).toBe(true);
    await page.reload();
    await page.getByRole('heading', { name: 'Too late' }).waitFor();
    await picture(page, 'expired-phone');
    const cancelled = await open();
    await call(system, `/v1/challenges/${cancelled.id}`, { method: 'DELETE', key: workspace.apiKey });
    await page.goto(cancelled.page_url);
    await page.getByRole('heading', { name: 'No longer needed' }).waitFor();
    await page.close();
  });

  it('needs nobody else, and breaks none of its own rules', () => {
    expect([...hosts].filter((host) => host !== '' && host !== new URL(system.gatewayUrl).host)).toEqual([]);
    expect(troubles.filter((text) => !text.includes('status of 422'))).toEqual([]);
  });
});

describe('the hosted page under attack', () => {
  it('slows down who tries too often', async () => {
    const { page_url } = await open({ schema: digits });
    const send = () =>
      request(page_url, {
        method: 'POST',
        body: 'code=x',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        dispatcher: attacker,
      });
    // From an address of its own: other tests look at pages, too.
    const attacker = new Agent({ connect: { localAddress: '127.0.0.2' } });
    const sent = await Promise.all(Array.from({ length: 12 }, send));
    await Promise.all(sent.map(({ body }) => body.dump()));
    await attacker.close();
    expect(sent.map(({ statusCode }) => statusCode)).toContain(429);
  });
});
