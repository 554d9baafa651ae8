import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { call } from './api.js';
import { findChromium, launchChromium } from './browser.mjs';
import { rememberSecret } from './canary.js';
import { Otpost } from './login-agent/otpost.mjs';
import { scenes, setStage } from './login-agent/stage.mjs';
import { createWorkspace, sharedSystem, testFolder } from './system.js';

const system = sharedSystem();
const executablePath = findChromium();
const withBrowser = executablePath === undefined ? describe.skip : describe;
const pictures = join(testFolder(), 'pictures');

withBrowser('an agent in a browser', () => {
  let browser: Browser;
  let otpost: Otpost;
  let stage: Awaited<ReturnType<typeof setStage>>;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    const { apiKey, clientEncryptionKey } = await createWorkspace(system);
    otpost = new Otpost({ gatewayUrl: system.gatewayUrl, apiKey, clientEncryptionKey });
    stage = await setStage({
      otpost,
      smtpUrl: system.smtpUrl,
      smsHookUrl: system.hooks.twilioSms,
      onSecret: rememberSecret,
    });
    browser = await launchChromium(executablePath ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it.each(scenes)('signs in by one challenge where the site asks for $title', async (scene) => {
    const before = otpost.calls.length;
    const picture = (page: Page, name: string) => page.screenshot({ path: join(pictures, `login-${name}.png`) });
    const { challenge } = await stage.play({ scene, browser, picture });
    const { id, code, link } = challenge;
    if (code !== undefined && code.length > 6) rememberSecret('code', code);
    if (link !== undefined) rememberSecret('link', link);
    const made = otpost.calls.slice(before);
    expect(made.filter((line) => line.startsWith('POST'))).toEqual([
      'POST /v1/challenges',
      `POST /v1/challenges/${id}/ack`,
    ]);
    expect(stage.site.entered.at(-1)).toEqual({
      userName: `${scene.name.toLowerCase()}@people.example`,
      factor: scene.factor,
    });
    const after = await call(system, `/v1/challenges/${id}`, { key: otpost.access.apiKey });
    expect(after.body).toMatchObject({ status: 'resolved' });
    expect(after.body).not.toHaveProperty('code');
    expect(after.body).not.toHaveProperty('link');
  });

  it('would not come in with a wrong password or a wrong code: the site is strict', async () => {
    const entered = stage.site.entered.length;
    const page = await browser.newPage();
    const { userName, password } = await otpost.login({ permissioned_user_id: 'ada', domain: 'harbour.example' });
    const send = async (given: string) => {
      await page.goto(stage.site.url);
      await page.getByLabel('User name').fill(userName);
      await page.getByLabel('Password').fill(given);
      await page.getByRole('button', { name: 'Continue' }).click();
    };
    await send('not the password');
    await page.getByText('do not fit').waitFor();
    await send(password);
    await page.getByLabel('Code').fill('12345');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('not the right code').waitFor();
    await page.goto(`${stage.site.url}/account`);
    await page.getByText('Sign in to Harbour').waitFor();
    expect(stage.site.entered.length).toBe(entered);
    await page.close();
  });
});
