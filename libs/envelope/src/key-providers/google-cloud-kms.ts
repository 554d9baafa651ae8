import type { GoogleAuth } from 'google-auth-library';
import { EnvelopeError } from '../errors.js';
import { encodeKeyContext, type KeyContext, type KeyEncryption, type WrappedKey } from '../key-encryption.js';
import { type CallLimits, callJson, defaultLimits, reasonOf, unavailable, withRetries } from './bounded-calls.js';
import { crc32c } from './crc32c.js';
import { framed, unframed } from './framed.js';

export interface GoogleCloudKmsOptions {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`: new keys are wrapped under its primary version. */
  keyName: string;
  /** In place of https://cloudkms.googleapis.com. */
  endpoint?: string;
  /** In place of the application default credentials. */
  credentialsFile?: string;
  limits?: CallLimits;
}

const NAME = 'Google Cloud KMS';
const PREFIX = 'gcp-kms:';
const keyForm = /^(projects\/[a-z0-9.:-]+\/)locations\/[\w-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+$/;
/** Said of a connection, and not of a file with credentials. */
const ofNetwork = /^(ECONN\w+|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|UND_\w+)$/;
const versionForm = /^(.+)\/cryptoKeyVersions\/\d+$/;

/** Whether a text is the resource name of a key in Google Cloud KMS. */
export const isGoogleCloudKmsKey = (text: string): boolean => keyForm.test(text);

/**
 * KEKs in Google Cloud KMS, over its REST API. A KEK's id is `gcp-kms:` and the resource name of a key *version*, so that a rotation
 * there shows here. A wrapped key is a version byte (1), then the ciphertext. The context, with the KEK's id, is additional
 * authenticated data. Every request and answer carries CRC-32C sums both ways, and is made again when one does not hold.
 *
 * Any key of the same project is unwrapped with, where the credentials may; not those of other projects: who can write to the
 * database could name a key of their own.
 */
export class GoogleCloudKms implements KeyEncryption {
  readonly #options: GoogleCloudKmsOptions;
  readonly #limits: CallLimits;
  readonly #project: string;
  #auth: Promise<GoogleAuth> | undefined;

  /** Calls nobody. @throws EnvelopeError `invalid_id` for what is no name of a key */
  constructor(options: GoogleCloudKmsOptions) {
    const [, project] = keyForm.exec(options.keyName) ?? [];
    if (project === undefined)
      throw new EnvelopeError('invalid_id', 'not the resource name of a key in Google Cloud KMS');
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.#project = project;
  }

  activeKekId(): Promise<string> {
    return withRetries(NAME, this.#limits, async (signal) => {
      const { primary } = await this.#call<KeyAnswer>('GET', this.#options.keyName, undefined, signal);
      if (primary?.name === undefined)
        throw new EnvelopeError('key_disabled', `the key in ${NAME} has no primary version: make one, or set it`);
      if (primary.state !== 'ENABLED')
        throw disabled(
          `its primary version is ${/^[A-Z_]{1,40}$/.exec(primary.state ?? '')?.[0] ?? 'in no known state'}`,
        );
      return PREFIX + primary.name;
    });
  }

  async wrap(key: Uint8Array, context: KeyContext): Promise<WrappedKey> {
    const kekId = await this.activeKekId();
    const associatedData = encodeKeyContext(kekId, context);
    return withRetries(NAME, this.#limits, async (signal) => {
      const answer = await this.#call<EncryptAnswer>(
        'POST',
        `${kekId.slice(PREFIX.length)}:encrypt`,
        { plaintext: base64(key), plaintextCrc32c: sum(key), ...authenticated(associatedData) },
        signal,
      );
      const ciphertext = Buffer.from(answer.ciphertext ?? '', 'base64');
      const arrived =
        answer.verifiedPlaintextCrc32c === true && answer.verifiedAdditionalAuthenticatedDataCrc32c === true;
      if (!arrived || ciphertext.length === 0 || answer.ciphertextCrc32c !== sum(ciphertext)) throw corrupted();
      if (PREFIX + (answer.name ?? '') !== kekId)
        throw unavailable(NAME, 'it encrypted under another version than asked for');
      return { kekId, wrapped: framed(ciphertext) };
    });
  }

  async unwrap({ kekId, wrapped }: WrappedKey, context: KeyContext): Promise<Uint8Array> {
    const ciphertext = unframed(wrapped);
    const [, keyName = ''] = versionForm.exec(kekId.slice(PREFIX.length)) ?? [];
    if (!kekId.startsWith(PREFIX) || !keyForm.test(keyName) || !keyName.startsWith(this.#project))
      throw new EnvelopeError('unknown_kek', `${kekId} is of another project than the configured key`);
    return withRetries(NAME, this.#limits, async (signal) => {
      const answer = await this.#call<DecryptAnswer>(
        'POST',
        `${keyName}:decrypt`,
        {
          ciphertext: base64(ciphertext),
          ciphertextCrc32c: sum(ciphertext),
          ...authenticated(encodeKeyContext(kekId, context)),
        },
        signal,
      );
      const key = Buffer.from(answer.plaintext ?? '', 'base64');
      if (answer.plaintextCrc32c !== sum(key)) throw corrupted();
      return key;
    });
  }

  async #call<Answer extends object>(
    method: 'GET' | 'POST',
    resource: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Partial<Answer>> {
    const token = await this.#token();
    const url = `${this.#options.endpoint ?? 'https://cloudkms.googleapis.com'}/v1/${resource}`;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await callJson(NAME, { method, url, headers, body }, signal);
    if (answer.status !== 200) throw refusal(answer.status, answer.body, resource.endsWith(':decrypt'));
    return answer.body ?? {};
  }

  /** Kept and renewed by the library. */
  async #token(): Promise<string> {
    try {
      const auth = await (this.#auth ??= this.#load());
      const token = await auth.getAccessToken();
      if (token) return token;
    } catch (error) {
      const { status } = error as { status?: unknown };
      const reason = reasonOf(error);
      if (ofNetwork.test(reason) || (typeof status === 'number' && status >= 500))
        throw unavailable(NAME, `no access token from Google (${reason})`);
    }
    throw new EnvelopeError(
      'key_provider_denied',
      `Google gives the vault no access token for ${NAME}: set GOOGLE_APPLICATION_CREDENTIALS, or attach a service account`,
    );
  }

  /** The library is loaded here, so that whoever uses another provider does not pay for it. */
  async #load(): Promise<GoogleAuth> {
    const { GoogleAuth: Auth } = await import('google-auth-library');
    const { credentialsFile } = this.#options;
    const scopes = ['https://www.googleapis.com/auth/cloudkms'];
    return new Auth(credentialsFile === undefined ? { scopes } : { scopes, keyFilename: credentialsFile });
  }
}

/** Int64 is text in Google's JSON. */
interface KeyAnswer {
  primary: { name?: string; state?: string };
}
interface EncryptAnswer {
  name: string;
  ciphertext: string;
  ciphertextCrc32c: string;
  verifiedPlaintextCrc32c: boolean;
  verifiedAdditionalAuthenticatedDataCrc32c: boolean;
}
interface DecryptAnswer {
  plaintext: string;
  plaintextCrc32c: string;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const sum = (bytes: Uint8Array) => String(crc32c(bytes));

function authenticated(data: Uint8Array) {
  return { additionalAuthenticatedData: base64(data), additionalAuthenticatedDataCrc32c: sum(data) };
}

function corrupted(): EnvelopeError {
  return unavailable(NAME, 'a checksum does not hold: something was changed on the way');
}

function disabled(reason: string): EnvelopeError {
  return new EnvelopeError(
    'key_disabled',
    `the key in ${NAME} cannot be used: ${reason}. Enable the version, or restore it`,
  );
}

/** From the status alone: the words of an answer may quote the request. */
function refusal(status: number, body: unknown, isDecrypt: boolean): EnvelopeError {
  const { error } = (body ?? {}) as { error?: { status?: unknown; message?: unknown } };
  if (status === 404) return new EnvelopeError('unknown_kek', `${NAME} has no such key`);
  // Before what else is invalid: callers give up for good on what is not authentic.
  if (typeof error?.message === 'string' && /crc32c|checksum/i.test(error.message)) return corrupted();
  if (error?.status === 'FAILED_PRECONDITION') return disabled('the version is disabled or destroyed');
  if (isDecrypt && error?.status === 'INVALID_ARGUMENT')
    return new EnvelopeError('not_authentic', `${NAME} refuses the wrapped key: altered, moved, or under another key`);
  if (status === 401 || status === 403)
    return new EnvelopeError(
      'key_provider_denied',
      `${NAME} refuses the vault's credentials (${status}): they need the roles cloudkms.cryptoKeyEncrypterDecrypter and cloudkms.viewer on the key`,
    );
  return new EnvelopeError('key_provider_denied', `${NAME} refuses the call (${status})`);
}
