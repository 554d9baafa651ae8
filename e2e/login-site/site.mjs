// @ts-check
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { URL, URLSearchParams } from 'node:url';
import { factors } from './factors.mjs';
import { accountPage, passwordPage, plainPage, secondStepPage, styleSheet } from './pages.mjs';

/**
 * @typedef {object} Customer
 * @property {string} userName
 * @property {string} password
 * @property {string} name
 * @property {keyof typeof factors} factor the second step of signing in
 * @property {string} [secret] base32, of an authenticator app or a key fob
 * @property {number} [moved] the last time step, or counter, whose code was taken: none is taken twice
 * @property {string} [email]
 * @property {string} [phone] E.164
 * @property {string[]} [card] codes on paper, the first is number 1
 */

/**
 * A sign-in that has begun, in one browser.
 * @typedef {object} SignIn
 * @property {Customer} customer
 * @property {string} prompt
 * @property {string} [expected] the code, or the token of the link
 * @property {number} expiresAt
 * @property {number} triesLeft
 * @property {boolean} isDone
 */

const cookieName = 'harbour';
const minutesToAnswer = 5;

/**
 * Harbour, an example site that nobody enters without a second factor. It knows nothing of otpost: it mails and texts its codes to the
 * address and number that its customers gave it, and checks every answer itself.
 * @param {import('./factors.mjs').Messengers} messengers
 */
export async function startLoginSite(messengers) {
  /** @type {Map<string, Customer>} */
  const customers = new Map();
  /** @type {Map<string, SignIn>} */
  const signIns = new Map();
  /** @type {{ userName: string, factor: Customer['factor'] }[]} */
  const entered = [];

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers = {}, body = '' }) => {
        response.writeHead(status, {
          'cache-control': 'no-store',
          'content-type': 'text/html; charset=utf-8',
          ...headers,
        });
        response.end(body);
      },
      (error) => {
        response.writeHead(500, { 'content-type': 'text/plain' });
        response.end(`Harbour has a problem of its own: ${error.message}`);
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}`;

  /**
   * @typedef {{ status: number, headers?: Record<string, string>, body?: string }} Answer
   * @param {import('node:http').IncomingMessage} request
   * @returns {Promise<Answer>}
   */
  async function answer(request) {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const cookie = new RegExp(`${cookieName}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1] ?? '';
    const signIn = signIns.get(cookie);
    switch (`${request.method} ${pathname}`) {
      case 'GET /style.css':
        return { status: 200, headers: { 'content-type': 'text/css' }, body: styleSheet };
      case 'GET /':
        return { status: 200, body: passwordPage() };
      case 'POST /':
        return checkPassword(await readForm(request));
      case 'GET /second-step':
        return signIn ? { status: 200, body: secondStepPage(signIn) } : redirect('/');
      case 'POST /second-step':
        return signIn ? checkCode(signIn, (await readForm(request)).get('code') ?? '') : redirect('/');
      case 'GET /magic-link':
        return checkLink(signIn, searchParams.get('token') ?? '');
      case 'GET /account':
        return signIn?.isDone ? { status: 200, body: accountPage(signIn.customer) } : redirect('/');
      default:
        return { status: 404, body: plainPage('There is no such page.') };
    }
  }

  /**
   * @param {URLSearchParams} form
   * @returns {Promise<Answer>}
   */
  async function checkPassword(form) {
    const customer = customers.get(form.get('user_name') ?? '');
    if (!customer || !same(form.get('password') ?? '', customer.password)) {
      return { status: 422, body: passwordPage('User name and password do not fit.') };
    }
    const begun = await factors[customer.factor].begin(customer, { ...messengers, url });
    const cookie = randomBytes(16).toString('base64url');
    signIns.set(cookie, {
      customer,
      ...begun,
      expiresAt: Date.now() + minutesToAnswer * 60_000,
      triesLeft: 3,
      isDone: false,
    });
    return redirect('/second-step', { 'set-cookie': `${cookieName}=${cookie}; HttpOnly; SameSite=Lax; Path=/` });
  }

  /**
   * @param {SignIn} signIn
   * @param {string} given
   * @returns {Answer}
   */
  function checkCode(signIn, given) {
    const { customer, expiresAt } = signIn;
    if (signIn.triesLeft-- <= 0 || Date.now() > expiresAt) return redirect('/');
    if (!factors[customer.factor].accepts(customer, signIn.expected, given.replace(/\s/g, ''))) {
      return { status: 422, body: secondStepPage(signIn, 'That is not the right code.') };
    }
    return enter(signIn);
  }

  /**
   * A link counts only in the browser that asked for it.
   * @param {SignIn | undefined} signIn
   * @param {string} token
   * @returns {Answer}
   */
  function checkLink(signIn, token) {
    if (signIn?.customer.factor === 'link' && signIn.expected && same(token, signIn.expected)) return enter(signIn);
    return { status: 403, body: plainPage('This link is not valid here, or not any more.') };
  }

  /**
   * @param {SignIn} signIn
   * @returns {Answer}
   */
  function enter(signIn) {
    delete signIn.expected;
    signIn.isDone = true;
    entered.push({ userName: signIn.customer.userName, factor: signIn.customer.factor });
    return redirect('/account');
  }

  return {
    url,
    /** Who came in, in that order. */
    entered,
    /** @param {Customer} customer */
    register: (customer) => customers.set(customer.userName, customer),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startLoginSite>>} LoginSite */

/**
 * @param {string} location
 * @param {Record<string, string>} [headers]
 */
function redirect(location, headers = {}) {
  return { status: 303, headers: { location, ...headers } };
}

/** @param {import('node:http').IncomingMessage} request */
async function readForm(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 10_000) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

/**
 * @param {string} one
 * @param {string} other
 */
export function same(one, other) {
  const digest = (/** @type {string} */ text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
