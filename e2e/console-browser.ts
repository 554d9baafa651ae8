import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { findChromium, launchChromium } from './browser.mjs';
import { type System, testFolder } from './system.js';

const desktop = { width: 1280, height: 860 };
const phone = { width: 390, height: 844 };

/** Undefined: there is no browser here, and no test of pages. */
export const chromiumPath = findChromium();

/** The console in a browser of its own, as a test drives it. */
export interface ConsoleBrowser {
  page: Page;
  context: BrowserContext;
  /** What the browser complained about. */
  troubles: string[];
  /** Whom it asked. */
  hosts: Set<string>;
  /** Goes to a page below /console, and waits for its heading. */
  show(path: string, title: string): Promise<void>;
  /** A picture of what is shown, to look at; `onPhone` one more, at a phone's width. */
  picture(name: string, onPhone?: boolean): Promise<void>;
  /** What axe finds serious in what is shown, in light and in dark colours. */
  serious(): Promise<string[]>;
  signIn(apiKey: string): Promise<void>;
  close(): Promise<void>;
}

export async function openConsole(
  { gatewayUrl }: Pick<System, 'gatewayUrl'>,
  launchArguments: string[] = [],
): Promise<ConsoleBrowser> {
  const pictures = join(testFolder(), 'pictures');
  mkdirSync(pictures, { recursive: true });
  const browser: Browser = await launchChromium(chromiumPath ?? '', launchArguments);
  const context = await browser.newContext({ viewport: desktop });
  const page = await context.newPage();
  const troubles: string[] = [];
  const hosts = new Set<string>();
  page.setDefaultTimeout(20_000);
  page.on('console', (line) => troubles.push(line.text()));
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => hosts.add(new URL(request.url()).host));

  /** @param rules absent: all of them */
  const seriousNow = async (rules?: string[]) => {
    const axe = new AxeBuilder({ page })
      .setLegacyMode() // only this page, without a second one to gather results in
      .options({ resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) })
      .exclude('iframe');
    const { violations } = await axe.analyze();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  };
  const screenshot = async (name: string) => {
    // They come and go by themselves.
    const setNotifications = (visibility: string) =>
      page.evaluate(
        `document.querySelectorAll('.mantine-Notifications-root').forEach(({ style }) => (style.visibility = '${visibility}'))`,
      );
    await setNotifications('hidden');
    await page.screenshot({ path: join(pictures, `console-${name}.png`), animations: 'disabled' });
    await setNotifications('');
  };

  /** What glides to its place is there, and has been drawn. */
  const settled = () =>
    page.evaluate(`(async () => {
      const frame = () => new Promise(requestAnimationFrame);
      await frame();
      const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity);
      const ended = Promise.allSettled(ending.map(({ finished }) => finished));
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
      for (let drawn = 0; drawn < 3; drawn += 1) await frame();
    })()`);

  /** What is found twice: a notification that fades away in between is not there any more. */
  const lasting = async (look: () => Promise<string[]>) => {
    if ((await look()).length === 0) return [];
    await settled();
    return look();
  };

  return {
    page,
    context,
    troubles,
    hosts,
    show: async (path, title) => {
      await page.goto(`${gatewayUrl}/console${path}`);
      await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    },
    picture: async (name, onPhone = false) => {
      await screenshot(name);
      if (!onPhone) return;
      await page.setViewportSize(phone);
      await settled();
      await screenshot(`${name}-phone`);
      await page.setViewportSize(desktop);
    },
    serious: async () => {
      await page.emulateMedia({ colorScheme: 'dark' });
      await settled();
      const inDark = await lasting(() => seriousNow(['color-contrast']));
      await page.emulateMedia({ colorScheme: 'light' });
      await settled();
      return [...inDark.map((problem) => `in dark colours, ${problem}`), ...(await lasting(seriousNow))];
    },
    signIn: async (apiKey) => {
      await page.goto(`${gatewayUrl}/console`);
      await page.getByLabel('API key').first().fill(apiKey);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    },
    close: () => browser.close(),
  };
}
