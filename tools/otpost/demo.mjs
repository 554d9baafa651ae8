// @ts-check
import { randomBytes, randomUUID } from 'node:crypto';
import { URLSearchParams } from 'node:url';
import { readJson, writePrivate } from './files.mjs';
import { step, UserError } from './output.mjs';

/** @typedef {import('./home.mjs').Home} Home */

/**
 * The demo workspace, as far as it has been made. Kept in demo.json, so that a first run that was cut off is finished by the
 * next instead of leaving half a demo behind.
 * @typedef {object} Demo
 * @property {string} attempt makes the idempotency keys of its requests
 * @property {string} [secret] base32, until everything that needs it is made
 * @property {string} [workspace_id]
 * @property {string} [api_key]
 * @property {string} [client_encryption_key]
 * @property {string} [otp_secret_id]
 * @property {boolean} [credential] whether the credential is there
 * @property {string} [phone_number] of the credential whose codes come by SMS
 * @property {string} [address] of the one whose codes come by mail
 */

/** The demo credential. */
export const demoPair = { permissioned_user_id: 'demo', domain: 'demo.example' };

/** The demo credentials whose codes come from outside. */
export const inboundPairs = {
  sms: { permissioned_user_id: 'demo', domain: 'sms.demo.example' },
  mail: { permissioned_user_id: 'demo', domain: 'mail.demo.example' },
};

/** Nobody's: Twilio keeps it for tests. */
const demoNumber = '+15005550006';

/**
 * @param {Home} home
 * @returns {Demo | undefined} `undefined` until it is complete
 */
export function readDemo(home) {
  const demo = load(home);
  return demo && isComplete(demo) ? demo : undefined;
}

/**
 * Makes a workspace with an API key, a credential for each way of getting a code and one TOTP secret, through the HTTP API as anybody would.
 * @param {{ home: Home, gatewayUrl: string, rootKey: string, output: import('./output.mjs').Output, signal: AbortSignal }} options
 */
export async function ensureDemo({ home, gatewayUrl, rootKey, output, signal }) {
  const demo = load(home);
  if (demo && isComplete(demo)) return;
  await step(
    output,
    'demo',
    () => makeDemo({ home, demo, gatewayUrl, rootKey, signal }),
    () => 'workspace made',
  );
}

/**
 * @param {{ home: Home, demo: Demo | undefined, gatewayUrl: string, rootKey: string, signal: AbortSignal }} options
 */
async function makeDemo({ home, demo: known, gatewayUrl, rootKey, signal }) {
  let demo = known ?? begin();
  save(home, demo);
  const post = poster(gatewayUrl, signal);

  if (!demo.api_key) {
    const body = { name: 'demo' };
    let answer = await post('/v1/workspaces', { key: rootKey, idempotencyKey: `${demo.attempt}-workspace`, body });
    if (!answer.api_key?.key) {
      // Made by an earlier run that did not live to write the key down, and a key is shown only once: give that one up.
      await remove(gatewayUrl, answer.workspace?.id, rootKey, signal);
      demo = begin();
      save(home, demo);
      answer = await post('/v1/workspaces', { key: rootKey, idempotencyKey: `${demo.attempt}-workspace`, body });
    }
    const { workspace, api_key, client_encryption_key } = answer;
    Object.assign(demo, { workspace_id: workspace?.id, api_key: api_key?.key, client_encryption_key });
    save(home, demo);
  }
  const key = /** @type {string} */ (demo.api_key);

  if (!demo.credential) {
    const body = { ...demoPair, user_name: 'demo@demo.example', tfa_method: 'AUTHENTICATOR', tfa_secret: demo.secret };
    const idempotencyKey = `${demo.attempt}-credential`;
    await post('/vault', { key, idempotencyKey, body, alsoFine: [409] }); // 409: it is there already
    demo.credential = true;
    save(home, demo);
  }
  if (!demo.otp_secret_id) {
    const body = { label: 'demo', issuer: 'otpost', secret: demo.secret };
    const answer = await post('/api/v2/totp/secrets', { key, idempotencyKey: `${demo.attempt}-secret`, body });
    Object.assign(demo, { otp_secret_id: answer.totp_secret?.id });
    delete demo.secret; // it is in the vault now
    save(home, demo);
  }
  if (!demo.address) {
    const body = { ...inboundPairs.mail, tfa_method: 'EMAIL' };
    await post('/vault', { key, idempotencyKey: `${demo.attempt}-mail`, body, alsoFine: [409] });
    Object.assign(demo, { address: (await find(gatewayUrl, inboundPairs.mail, key, signal)).tfa_email });
    save(home, demo);
  }
  if (!demo.phone_number) {
    await post('/vault', {
      key,
      idempotencyKey: `${demo.attempt}-sms`,
      body: { ...inboundPairs.sms, tfa_method: 'SMS' },
      alsoFine: [409],
    });
    const { id: credential_id } = await find(gatewayUrl, inboundPairs.sms, key, signal);
    const body = { e164: demoNumber, mode: 'dedicated', credential_id };
    // 409: another workspace has the number. Then the demo has none.
    const number = await post('/v1/phone-numbers', {
      key,
      idempotencyKey: `${demo.attempt}-number`,
      body,
      alsoFine: [409],
    });
    if (number.id) {
      // Without effect in a new deployment; needed once there is another workspace.
      const path = `/v1/phone-numbers/${number.id}/approve`;
      await post(path, { key: rootKey, idempotencyKey: `${demo.attempt}-approve`, body: {} });
    }
    demo.phone_number = number.id ? demoNumber : '';
    save(home, demo);
  }
}

/** @returns {Demo} */
function begin() {
  return { attempt: randomUUID(), secret: base32(randomBytes(20)) };
}

/** @param {Demo} demo */
function isComplete(demo) {
  return (
    Boolean(demo.api_key && demo.credential && demo.otp_secret_id && demo.address) && demo.phone_number !== undefined
  );
}

/**
 * @param {Home} home
 * @returns {Demo | undefined}
 */
function load(home) {
  return readJson(home.file('demo.json'));
}

/**
 * @param {Home} home
 * @param {Demo} demo
 */
function save(home, demo) {
  writePrivate(home.file('demo.json'), `${JSON.stringify(demo, null, 2)}\n`);
}

/**
 * The parts of the API's answers that are of interest here.
 * @typedef {{ workspace?: { id: string }, api_key?: { key?: string }, client_encryption_key?: string,
 *   totp_secret?: { id: string }, id?: string, tfa_email?: string, detail?: string, message?: string, title?: string }} Answer
 */

/**
 * @param {string} gatewayUrl
 * @param {AbortSignal} signal
 */
function poster(gatewayUrl, signal) {
  /**
   * @param {string} path
   * @param {{ key: string, idempotencyKey: string, body: unknown, alsoFine?: number[] }} request
   * @returns {Promise<Answer>}
   */
  return async (path, { key, idempotencyKey, body, alsoFine = [] }) => {
    const response = await fetch(gatewayUrl + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    });
    const answer = /** @type {Answer} */ (await response.json().catch(() => ({})));
    if (!response.ok && !alsoFine.includes(response.status)) {
      const reason = answer.detail ?? answer.message ?? answer.title ?? 'no reason given';
      throw new UserError(`the demo could not be made: POST ${path} answered ${response.status} (${reason}).`);
    }
    return answer;
  };
}

/**
 * @param {string} gatewayUrl
 * @param {Record<string, string>} pair
 * @param {string} key
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function find(gatewayUrl, pair, key, signal) {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${gatewayUrl}/vault?${new URLSearchParams(pair)}`, { headers, signal });
  if (!response.ok) throw new UserError(`the demo could not be made: GET /vault answered ${response.status}.`);
  return /** @type {Answer} */ (await response.json());
}

/**
 * @param {string} gatewayUrl
 * @param {string | undefined} workspaceId
 * @param {string} rootKey
 * @param {AbortSignal} signal
 */
async function remove(gatewayUrl, workspaceId, rootKey, signal) {
  if (!workspaceId) return;
  const headers = { authorization: `Bearer ${rootKey}` };
  const response = await fetch(`${gatewayUrl}/v1/workspaces/${workspaceId}`, { method: 'DELETE', headers, signal });
  await response.body?.cancel();
}

/** @param {Uint8Array} bytes */
function base32(bytes) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
