// @ts-check
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { newCodeCard } from '../login-site/factors.mjs';
import { mailBy, smsBy } from '../login-site/messengers.mjs';
import { startLoginSite } from '../login-site/site.mjs';
import { signIn } from './agent.mjs';
import { startApplication } from './application.mjs';
import { answerAsHuman } from './human.mjs';

/** @typedef {import('../login-site/site.mjs').Customer} Customer */

/**
 * One sign-in.
 * @typedef {object} Scene
 * @property {string} title
 * @property {Customer['factor']} factor
 * @property {string} name of the customer
 */

const domain = 'harbour.example';

/** @type {Scene[]} */
export const scenes = [
  { factor: 'app', name: 'Ada', title: 'an authenticator app (TOTP)' },
  { factor: 'fob', name: 'Ben', title: 'a key fob with a button (HOTP)' },
  { factor: 'mail', name: 'Chloe', title: 'a code by e-mail' },
  { factor: 'sms', name: 'Dan', title: 'a code by SMS' },
  { factor: 'card', name: 'Eve', title: 'a code card on paper, which only a human can read' },
  { factor: 'link', name: 'Finn', title: 'a magic link by e-mail' },
];

/**
 * The site with its customers, their logins in the vault, and the application behind the agent.
 * @param {object} options
 * @param {import('./otpost.mjs').Otpost} options.otpost
 * @param {string} options.smtpUrl
 * @param {string} options.smsHookUrl
 * @param {number} [options.deliveryMs] how long mail and SMS are under way; default: no time
 * @param {(what: string, value: string) => void} [options.onSecret] hears of everything that has to stay secret
 */
export async function setStage({ otpost, smtpUrl, smsHookUrl, deliveryMs = 0, onSecret = () => {} }) {
  /**
   * What goes wrong behind the agent's back would leave it waiting: it fails the sign-in instead.
   * @type {(error: unknown) => void}
   */
  let fail = () => {};
  const failure = /** @type {Promise<never>} */ (new Promise((_, reject) => (fail = reject)));
  failure.catch(() => {});
  /** The token of every number, with which Twilio signs. */
  const smsTokens = /** @type {Record<string, string>} */ ({});
  const sendMail = mailBy(smtpUrl);
  const sendSms = smsBy({ hookUrl: smsHookUrl, tokenOf: (number) => smsTokens[number] ?? '' });
  /** @type {import('./agent.mjs').Tell} */
  let tellAudience = () => {};
  /**
   * As in life: the page is there at once, what was sent arrives later.
   * @param {string} what
   * @param {() => Promise<void>} send
   */
  const deliver = async (what, send) => {
    const arrive = async () => {
      tellAudience('site', what);
      await send();
    };
    delay(deliveryMs).then(arrive).catch(fail);
  };
  const site = await startLoginSite({
    sendMail: (mail) => {
      onSecret('text of a mail', mail.text);
      return deliver(`its mail arrives for ${mail.to}`, () => sendMail(mail));
    },
    sendSms: (sms) => {
      onSecret('text of an SMS', sms.body);
      return deliver(`its SMS arrives for ${sms.to}`, () => sendSms(sms));
    },
  });
  /** @type {Map<string, (question: import('./application.mjs').Question) => void>} */
  const askedHumans = new Map();
  const application = await startApplication(otpost, (question) => askedHumans.get(question.session_id)?.(question));
  /** @type {Map<string, Customer>} */
  const customers = new Map();
  try {
    for (const scene of scenes) customers.set(scene.name, await enrol(scene));
  } catch (error) {
    await close();
    throw error;
  }

  /**
   * A customer of the site, whose login is given to otpost.
   * @param {Scene} scene
   * @returns {Promise<Customer>}
   */
  async function enrol({ factor, name }) {
    const userName = `${name.toLowerCase()}@people.example`;
    /** @type {Customer} */
    const customer = { userName, password: randomBytes(9).toString('base64url'), name, factor };
    if (factor === 'app' || factor === 'fob') customer.secret = newSecret();
    if (factor === 'card') customer.card = newCodeCard(20);
    for (const secret of [customer.password, customer.secret, ...(customer.card ?? [])]) {
      if (secret !== undefined) onSecret(`${factor} of the example site`, secret);
    }
    const entry = await otpost.call('POST', '/vault', {
      ...pairOf(name),
      user_name: otpost.seal(userName),
      password: otpost.seal(customer.password),
      ...secondFactor(customer),
    });
    if (factor === 'mail' || factor === 'link') customer.email = entry.tfa_email;
    if (factor === 'sms') customer.phone = await giveNumber(entry.id);
    site.register(customer);
    return customer;
  }

  /** @param {string} credentialId */
  async function giveNumber(credentialId) {
    const number = `+1206555${String(randomInt(10_000)).padStart(4, '0')}`;
    const token = randomBytes(16).toString('hex');
    onSecret('token of a number', token);
    const settings = { e164: number, mode: 'dedicated', credential_id: credentialId, auth_token: token };
    await otpost.call('POST', '/v1/phone-numbers', { ...settings, provider: 'twilio' });
    smsTokens[number] = token;
    return number;
  }

  return {
    site,
    /**
     * @param {object} options
     * @param {Scene} options.scene
     * @param {import('playwright-core').Browser} options.browser
     * @param {import('./agent.mjs').Tell} [options.tell]
     * @param {import('./agent.mjs').Picture} [options.picture]
     */
    async play({ scene: { name, factor }, browser, tell = () => {}, picture = async () => {} }) {
      const session = `${name.toLowerCase()}-${factor}`;
      tellAudience = tell;
      const context = await browser.newContext({ viewport: { width: 1000, height: 760 } });
      const { card } = customers.get(name) ?? {};
      let human = Promise.resolve();
      if (card) {
        askedHumans.set(session, ({ page_url }) => {
          onSecret('page token', page_url.slice(page_url.lastIndexOf('/') + 1));
          tell(
            'otpost',
            'nobody but a human can have it: a signed webhook takes the address of a page to the application',
          );
          tell('human', `${name}, played by a second browser, gets the address on her phone`);
          human = answerAsHuman({ browser, pageUrl: page_url, card, session, tell, picture });
          human.catch(fail);
        });
      }
      try {
        const page = await context.newPage();
        const pair = pairOf(name);
        const signedIn = signIn({ page, siteUrl: site.url, otpost, pair, session, tell, picture });
        const result = await Promise.race([signedIn, failure]);
        await human;
        return result;
      } finally {
        askedHumans.delete(session);
        await context.close();
      }
    },
    close,
  };

  async function close() {
    tellAudience = () => {};
    await application.close();
    await site.close();
  }
}

/**
 * @param {string} name
 * @returns {import('./otpost.mjs').Pair}
 */
function pairOf(name) {
  return { permissioned_user_id: name.toLowerCase(), domain };
}

/**
 * How a vault entry says what the site will ask for. A human needs no saying: one is asked where nothing else has a code.
 * @param {Customer} customer
 */
function secondFactor({ factor, secret, name }) {
  switch (factor) {
    case 'app':
      return { tfa_method: 'AUTHENTICATOR', tfa_secret: secret };
    case 'fob':
      return { tfa_method: 'AUTHENTICATOR', tfa_secret: `otpauth://hotp/Harbour:${name}?secret=${secret}&counter=0` };
    case 'mail':
      return { tfa_method: 'EMAIL' };
    case 'sms':
      return { tfa_method: 'SMS' };
    case 'link':
      return { tfa_method: 'MAGIC_LINK' };
    case 'card':
      return {};
  }
}

/** Base32 of 160 bits, as authenticators have them. */
function newSecret() {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from({ length: 32 }, () => alphabet[randomInt(32)]).join('');
}
