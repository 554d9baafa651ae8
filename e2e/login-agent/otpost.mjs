// @ts-check
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { URLSearchParams } from 'node:url';

/**
 * @typedef {object} Challenge
 * @property {string} id
 * @property {'pending' | 'resolved' | 'expired' | 'cancelled' | 'failed'} status
 * @property {string | null} factor
 * @property {string} [code]
 * @property {string} [link]
 * @property {number} [expires_in_seconds]
 */
/** @typedef {{ permissioned_user_id: string, domain: string }} Pair whose login it is, and where */
/** @typedef {{ gatewayUrl: string, apiKey: string, clientEncryptionKey: string }} Access */

/** What an agent asks of otpost: five calls over HTTP. */
export class Otpost {
  /** @param {Access} access */
  constructor(access) {
    this.access = access;
    /** What was called, in that order. */
    this.calls = /** @type {string[]} */ ([]);
  }

  /**
   * The user name and the password of a vault entry. They were sealed by the client, and only a client opens them.
   * @param {Pair} pair
   */
  async login(pair) {
    const entry = await this.call('GET', `/vault?${new URLSearchParams(pair)}`);
    return { userName: this.open(entry['user_name']), password: this.open(entry['password']) };
  }

  /**
   * @param {Pair & { session_id: string, current_step: string, message: string }} request
   * @returns {Promise<Challenge>}
   */
  openChallenge(request) {
    return this.call('POST', '/v1/challenges', request);
  }

  /**
   * Answers as soon as the challenge has its code, or has ended.
   * @param {string} id
   * @returns {Promise<Challenge>}
   */
  async waitForChallenge(id) {
    for (;;) {
      const challenge = await this.call('GET', `/v1/challenges/${id}?wait=60`);
      if (challenge.status !== 'pending') return challenge;
    }
  }

  /**
   * The code was used: it is wiped.
   * @param {string} id
   * @returns {Promise<Challenge>}
   */
  acknowledge(id) {
    return this.call('POST', `/v1/challenges/${id}/ack`);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async call(method, path, body) {
    this.calls.push(`${method} ${path}`);
    const response = await fetch(this.access.gatewayUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.access.apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = /** @type {any} */ (await response.json());
    if (!response.ok) throw new Error(`${method} ${path.split('?')[0]}: ${response.status} ${answer.detail}`);
    return answer;
  }

  /**
   * Lower-case hex of IV, ciphertext and tag: AES-256-GCM over JSON, under the workspace's client encryption key.
   * @param {string} value
   */
  seal(value) {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(this.access.clientEncryptionKey, 'hex'), iv);
    const sealed = [cipher.update(JSON.stringify(value)), cipher.final()];
    return Buffer.concat([iv, ...sealed, cipher.getAuthTag()]).toString('hex');
  }

  /**
   * @param {string} sealed
   * @returns {string}
   */
  open(sealed) {
    const bytes = Buffer.from(sealed, 'hex');
    const key = Buffer.from(this.access.clientEncryptionKey, 'hex');
    const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
    cipher.setAuthTag(bytes.subarray(-16));
    return JSON.parse(Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString());
  }
}
