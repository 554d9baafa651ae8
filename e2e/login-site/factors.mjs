// @ts-check
import { randomBytes, randomInt } from 'node:crypto';
import { hotpAt, totpAt } from '../independent-totp.mjs';

/** @typedef {import('./site.mjs').Customer} Customer */

/**
 * How the site reaches its customers.
 * @typedef {object} Messengers
 * @property {(mail: { to: string, subject: string, text: string }) => Promise<void>} sendMail
 * @property {(sms: { to: string, body: string }) => Promise<void>} sendSms
 */

/**
 * One kind of second step.
 * @typedef {object} Factor
 * @property {string} name as its page calls it
 * @property {(customer: Customer, site: Messengers & { url: string }) => Promise<{ prompt: string, expected?: string }>} begin
 * @property {(customer: Customer, expected: string | undefined, given: string) => boolean} accepts
 */

const stepMs = 30_000;
const isExpected = (
  /** @type {Customer} */ _,
  /** @type {string | undefined} */ expected,
  /** @type {string} */ given,
) => expected !== undefined && given === expected;

/** @satisfies {Record<string, Factor>} */
export const factors = {
  app: {
    name: 'Authenticator app',
    begin: async () => ({ prompt: 'Enter the 6-digit code of your authenticator app.' }),
    /** RFC 6238, 5.2: one step late is fine, and a code is taken once. */
    accepts(customer, _, given) {
      const now = Math.floor(Date.now() / stepMs);
      const secret = customer.secret ?? '';
      const step = [now, now - 1].find((candidate) => totpAt({ secret }, candidate * stepMs) === given);
      return takeStep(customer, step);
    },
  },
  fob: {
    name: 'Key fob',
    begin: async () => ({ prompt: 'Press the button of your key fob, and enter the 6 digits that it shows.' }),
    /** RFC 4226, 7.4: the button may have been pressed a few times in vain. */
    accepts(customer, _, given) {
      const next = (customer.moved ?? -1) + 1;
      const secret = customer.secret ?? '';
      const counter = [0, 1, 2, 3].map((ahead) => next + ahead).find((moving) => hotpAt({ secret }, moving) === given);
      return takeStep(customer, counter);
    },
  },
  mail: {
    name: 'Code by e-mail',
    async begin({ email = '', name }, { sendMail }) {
      const expected = newCode();
      await sendMail({
        to: email,
        subject: 'Your Harbour sign-in code',
        text: `Hello ${name},\n\nyour sign-in code is ${expected}. It is good for 5 minutes.\n\nNot you? Then change your password.\nHarbour\n`,
      });
      return { prompt: 'Enter the code that we have mailed to you.', expected };
    },
    accepts: isExpected,
  },
  sms: {
    name: 'Code by SMS',
    async begin({ phone = '' }, { sendSms }) {
      const expected = newCode();
      await sendSms({ to: phone, body: `${expected} is your Harbour sign-in code. We never ask for it on the phone.` });
      return { prompt: `Enter the code that we have sent to the number ending in ${phone.slice(-2)}.`, expected };
    },
    accepts: isExpected,
  },
  card: {
    name: 'Code card',
    async begin({ card = [] }) {
      const index = randomInt(card.length);
      return {
        prompt: `Enter code number ${index + 1} of the code card that we posted to you.`,
        expected: card[index] ?? '',
      };
    },
    accepts: isExpected,
  },
  link: {
    name: 'Link by e-mail',
    async begin({ email = '', name }, { sendMail, url }) {
      const expected = randomBytes(24).toString('base64url');
      await sendMail({
        to: email,
        subject: 'Sign in to Harbour',
        text: `Hello ${name},\n\nopen this link to sign in:\n${url}/magic-link?token=${expected}\n\nIt is good for 5 minutes, in the browser that asked for it.\nHarbour\n`,
      });
      return { prompt: 'Open the link that we have mailed to you.', expected };
    },
    accepts: () => false,
  },
};

/** Eight digits. */
function newCode() {
  return String(randomInt(10 ** 8)).padStart(8, '0');
}

/** @param {number} length how many codes it has */
export function newCodeCard(length) {
  return Array.from({ length }, newCode);
}

/**
 * @param {Customer} customer
 * @param {number | undefined} step
 */
function takeStep(customer, step) {
  if (step === undefined || step <= (customer.moved ?? -1)) return false;
  customer.moved = step;
  return true;
}
