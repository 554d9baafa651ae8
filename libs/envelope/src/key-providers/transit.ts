import { readFile } from 'node:fs/promises';
import { EnvelopeError } from '../errors.js';
import { encodeKeyContext, type KeyContext, type KeyEncryption, type WrappedKey } from '../key-encryption.js';
import { type Secret } from '../secret.js';
import {
  type CallLimits,
  callJson,
  defaultLimits,
  type JsonAnswer,
  unavailable,
  withRetries,
} from './bounded-calls.js';
import { framed, unframed } from './framed.js';

export interface TransitOptions {
  /** `https://vault.example.com:8200` */
  url: string;
  /** Name of the key. */
  key: string;
  /** Where the engine is mounted. Default: `transit`. */
  mount?: string;
  namespace?: string;
  /** The token, or a file that holds it and is read before each call: an agent renews it there. */
  token: Secret | { file: string };
  limits?: CallLimits;
}

const NAME = 'the Transit engine';
const PREFIX = 'transit:';
/** Those that authenticate associated data. With RSA keys the context would not be held to. */
const aead = new Set(['aes256-gcm96', 'aes128-gcm96', 'chacha20-poly1305', 'xchacha20-poly1305']);
const ciphertextForm = /^vault:v(\d+):([A-Za-z0-9+/]+={0,2})$/;

/**
 * KEKs in the Transit engine of HashiCorp Vault or OpenBao. A KEK's id is `transit:`, namespace and mount, the key's name and version:
 * `transit:transit/otpost:v3`, so that a rotation there shows here; the server's address may change. A wrapped key is a version byte (1),
 * then the ciphertext without its `vault:v3:` and base64. The context, with the KEK's id, is `associated_data`, and `context` too: where
 * the key derives one for each context, it counts twice.
 *
 * Any key of the same namespace and mount is unwrapped with, where the token may.
 */
export class Transit implements KeyEncryption {
  readonly #options: TransitOptions;
  readonly #limits: CallLimits;
  readonly #mount: string;
  /** Namespace and mount: the start of every KEK's id. */
  readonly #place: string;

  /** Calls nobody. */
  constructor(options: TransitOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.#mount = options.mount ?? 'transit';
    this.#place = `${PREFIX}${options.namespace === undefined ? '' : `${options.namespace}/`}${this.#mount}/`;
  }

  async activeKekId(): Promise<string> {
    return this.#kekId((await this.#latestVersion()).toString());
  }

  async wrap(key: Uint8Array, context: KeyContext): Promise<WrappedKey> {
    const version = await this.#latestVersion();
    const kekId = this.#kekId(String(version));
    const { ciphertext } = await this.#write<{ ciphertext: string }>('encrypt', this.#options.key, {
      plaintext: base64(key),
      key_version: version,
      ...authenticated(kekId, context),
    });
    const [, usedVersion, bytes] = ciphertextForm.exec(ciphertext ?? '') ?? [];
    if (usedVersion !== String(version) || bytes === undefined)
      throw unavailable(NAME, 'it encrypted under another version than asked for');
    return { kekId, wrapped: framed(Buffer.from(bytes, 'base64')) };
  }

  async unwrap({ kekId, wrapped }: WrappedKey, context: KeyContext): Promise<Uint8Array> {
    const bytes = unframed(wrapped);
    const [, key, version] = /^([\w-][\w.-]*):v(\d+)$/.exec(kekId.slice(this.#place.length)) ?? [];
    if (!kekId.startsWith(this.#place) || key === undefined || version === undefined)
      throw new EnvelopeError('unknown_kek', `${kekId} is of another namespace or mount than the configured key`);
    const { plaintext } = await this.#write<{ plaintext: string }>('decrypt', key, {
      ciphertext: `vault:v${version}:${base64(bytes)}`,
      ...authenticated(kekId, context),
    });
    if (plaintext === undefined) throw unavailable(NAME, 'its answer has no plaintext');
    return Buffer.from(plaintext, 'base64');
  }

  #kekId(version: string): string {
    return `${this.#place}${this.#options.key}:v${version}`;
  }

  async #latestVersion(): Promise<number> {
    const { status, body } = await this.#call('GET', `keys/${this.#options.key}`);
    if (status === 404)
      throw new EnvelopeError('unknown_kek', `${NAME} has no key ${this.#options.key}: make it, or check the mount`);
    if (status !== 200) throw refusal(status, body);
    const { type, latest_version: version } = dataOf<{ type: string; latest_version: number }>(body);
    if (type === undefined || !aead.has(type))
      throw new EnvelopeError(
        'invalid_key',
        `the key ${this.#options.key} has a type that authenticates no context: use aes256-gcm96`,
      );
    if (!Number.isSafeInteger(version)) throw unavailable(NAME, 'its answer names no version');
    return version ?? 0;
  }

  async #write<Data extends object>(verb: 'encrypt' | 'decrypt', key: string, body: object): Promise<Partial<Data>> {
    const answer = await this.#call('POST', `${verb}/${key}`, body);
    if (answer.status !== 200) throw refusal(answer.status, answer.body);
    return dataOf<Data>(answer.body);
  }

  #call(method: 'GET' | 'POST', path: string, body?: object): Promise<JsonAnswer> {
    const { url, namespace } = this.#options;
    return withRetries(NAME, this.#limits, async (signal) => {
      const headers = {
        'x-vault-request': 'true',
        'x-vault-token': await this.#token(),
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      };
      return callJson(NAME, { method, url: `${url}/v1/${this.#mount}/${path}`, headers, body }, signal);
    });
  }

  async #token(): Promise<string> {
    const { token } = this.#options;
    if ('reveal' in token) return token.reveal();
    let text: string;
    try {
      text = (await readFile(token.file, 'utf8')).trim();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new EnvelopeError(
        'key_provider_denied',
        `the token file ${token.file} cannot be read (${code ?? 'error'})`,
      );
    }
    // As a header it would be refused, and quoted.
    if (!/^[\x21-\x7e]+$/.test(text))
      throw new EnvelopeError('key_provider_denied', `the token file ${token.file} holds no token`);
    return text;
  }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function authenticated(kekId: string, context: KeyContext) {
  const data = base64(encodeKeyContext(kekId, context));
  return { associated_data: data, context: data };
}

function dataOf<Data extends object>(body: unknown): Partial<Data> {
  const { data } = (body ?? {}) as { data?: Partial<Data> };
  return data ?? {};
}

/**
 * From texts of the engine that are known, since it answers 400 to everything. What is none of these is not taken for a forgery:
 * callers give up for good on what is not authentic.
 */
function refusal(status: number, body: unknown): EnvelopeError {
  const { errors } = (body ?? {}) as { errors?: unknown };
  const text = Array.isArray(errors) ? errors.filter((each) => typeof each === 'string').join(' ') : '';
  if (
    /message authentication failed|invalid ciphertext: (unable to|could not) decrypt|invalid ciphertext length/.test(
      text,
    )
  )
    return new EnvelopeError('not_authentic', `${NAME} refuses the wrapped key: altered, moved, or under another key`);
  if (/encryption key not found|version is too new/.test(text))
    return new EnvelopeError('unknown_kek', `${NAME} has no such key, or not in this version`);
  if (/disallowed by policy \(too old\)/.test(text))
    return new EnvelopeError(
      'key_disabled',
      `${NAME} does not decrypt with this version any more: lower min_decryption_version, rotate-kek, and raise it again`,
    );
  if (status === 403)
    return new EnvelopeError(
      'key_provider_denied',
      `${NAME} refuses the vault's token (403): it has ended, or its policy lacks "read" on keys/<key>, or "update" on encrypt/<key> and decrypt/<key>`,
    );
  return new EnvelopeError('key_provider_denied', `${NAME} refuses the call (${status})`);
}
