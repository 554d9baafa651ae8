// @ts-check

/** @typedef {(who: 'agent' | 'site' | 'otpost' | 'human', what: string) => void} Tell narrates one step */
/** @typedef {(page: import('playwright-core').Page, name: string) => Promise<unknown>} Picture */

/**
 * Signs in to a site. Which second factor it asks for is of no interest here: whatever it is, one challenge brings the code.
 * @param {object} options
 * @param {import('playwright-core').Page} options.page an empty one
 * @param {string} options.siteUrl
 * @param {import('./otpost.mjs').Otpost} options.otpost
 * @param {import('./otpost.mjs').Pair} options.pair
 * @param {string} options.session names this run
 * @param {Tell} options.tell
 * @param {Picture} options.picture
 * @returns {Promise<{ challenge: import('./otpost.mjs').Challenge, waitedMs: number }>}
 */
export async function signIn({ page, siteUrl, otpost, pair, session, tell, picture }) {
  const { userName, password } = await otpost.login(pair);
  await page.goto(siteUrl);
  await page.getByLabel('User name').fill(userName);
  await page.getByLabel('Password').fill(password);
  await picture(page, `${session}-1-password`);
  await page.getByRole('button', { name: 'Continue' }).click();
  tell('agent', `opens the site, gives user name and password: ${userName}, ${'•'.repeat(password.length)}`);

  const prompt = await page.locator('#prompt').innerText();
  await picture(page, `${session}-2-second-step`);
  tell('site', `"${prompt}"`);

  tell('agent', `asks otpost for the code: POST /v1/challenges for ${pair.permissioned_user_id} at ${pair.domain}`);
  const askedAt = performance.now();
  const step = `Sign in to ${pair.domain}`;
  const opened = await otpost.openChallenge({ ...pair, session_id: session, current_step: step, message: prompt });
  const isWaiting = opened.status === 'pending';
  if (isWaiting) tell('agent', 'waiting for the code: GET /v1/challenges/<id>?wait=60 …');
  const challenge = isWaiting ? await otpost.waitForChallenge(opened.id) : opened;
  const waitedMs = performance.now() - askedAt;
  tell('agent', `${isWaiting ? '… ' : ''}got ${outcome(challenge)} after ${(waitedMs / 1_000).toFixed(1)} s`);

  if (challenge.link !== undefined) {
    await page.goto(challenge.link);
  } else if (challenge.code !== undefined) {
    await page.getByLabel('Code').fill(challenge.code);
    await page.getByRole('button', { name: 'Sign in' }).click();
  } else {
    throw new Error(`there is no code: the challenge is ${challenge.status}`);
  }
  await page.getByRole('heading', { name: 'Welcome' }).waitFor();
  await picture(page, `${session}-3-signed-in`);
  tell('site', `"${await page.getByRole('heading').innerText()}"`);
  await otpost.acknowledge(challenge.id);
  tell('agent', 'is done with it: POST /v1/challenges/<id>/ack. otpost wipes it');
  return { challenge, waitedMs };
}

/** @param {import('./otpost.mjs').Challenge} challenge */
function outcome({ status, code, link, expires_in_seconds: seconds }) {
  if (link !== undefined) return `the link …${link.slice(link.lastIndexOf('/'), link.indexOf('=') + 7)}…`;
  if (code === undefined) return `no code (${status})`;
  return seconds === undefined ? code : `${code}, right for another ${seconds} s,`;
}
