// Signs in to a site with Playwright, and gets the second factor from otpost. ../README.md lists the variables.
import { createClient } from '@otpost/client';
import { chromium } from 'playwright-core';

const { OTPOST_URL, OTPOST_API_KEY, OTPOST_USER, OTPOST_DOMAIN, SITE_URL, SITE_USER, SITE_PASSWORD, CHROMIUM } =
  process.env;
const otpost = createClient({ url: OTPOST_URL, apiKey: OTPOST_API_KEY });
const browser = await chromium.launch({ executablePath: CHROMIUM });
try {
  const page = await browser.newPage();
  await page.goto(SITE_URL);
  await page.getByLabel('User name').fill(SITE_USER);
  await page.getByLabel('Password').fill(SITE_PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();

  // Whatever the site asks for now: authenticator, mail, SMS, or what only a human has.
  const { code, ack } = await otpost.waitForCode(
    { permissioned_user_id: OTPOST_USER, domain: OTPOST_DOMAIN },
    {
      timeoutSeconds: 120,
      onPending: ({ page_url }) => console.log(`waiting for the code; a human can answer at ${page_url}`),
    },
  );
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Welcome' }).waitFor();
  await ack(); // it was used: otpost wipes it
  console.log('signed in');
} finally {
  await browser.close();
}
