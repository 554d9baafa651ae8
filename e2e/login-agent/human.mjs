// @ts-check

/**
 * The human's part: opens the page that otpost made for this one question, on a phone, reads the card and types.
 * @param {object} options
 * @param {import('playwright-core').Browser} options.browser
 * @param {string} options.pageUrl
 * @param {string[]} options.card the paper in the human's hand
 * @param {string} options.session
 * @param {import('./agent.mjs').Tell} options.tell
 * @param {import('./agent.mjs').Picture} options.picture
 */
export async function answerAsHuman({ browser, pageUrl, card, session, tell, picture }) {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  try {
    await page.goto(pageUrl);
    const question = await page.getByText('code card').innerText();
    const number = Number(/code number (\d+)/.exec(question)?.[1]);
    const code = card[number - 1] ?? '';
    tell('human', `opens the page on the phone, and reads: "${question}"`);
    await page.getByLabel('Code').fill(code);
    await picture(page, `${session}-human-1-question`);
    tell('human', `finds number ${number} on the card, types ${code}, sends it. That is all`);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    await picture(page, `${session}-human-2-thanks`);
  } finally {
    await page.close();
  }
}
