import type { KMSClient } from '@aws-sdk/client-kms';
import { EnvelopeError } from '../errors.js';
import { type KeyContext, type KeyEncryption, type WrappedKey } from '../key-encryption.js';
import { type CallLimits, defaultLimits, reasonOf, unavailable, withRetries } from './bounded-calls.js';
import { framed, unframed } from './framed.js';

export interface AwsKmsOptions {
  /** ARN of a symmetric key, or of an alias of one: new keys are wrapped under what it names. */
  keyArn: string;
  /** In place of the one of the ARN's region. */
  endpoint?: string;
  /** In place of the SDK's own chain: environment, web identity, container, instance. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  limits?: CallLimits;
}

const NAME = 'AWS KMS';
const PREFIX = 'aws-kms:';
const arnForm = /^(arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:)(?:key|alias)\/[\w/-]+$/;

/** Whether a text is the ARN of a key or of an alias in AWS KMS. */
export const isAwsKmsArn = (text: string): boolean => arnForm.test(text);

/**
 * KEKs in AWS KMS. A KEK's id is `aws-kms:` and the ARN of the key, never of an alias. A wrapped key is a version byte (1), then what
 * Encrypt gave. The context is the encryption context: it has to be the same again, key policies may ask for it, CloudTrail shows it.
 *
 * Automatic rotation within a key keeps its ARN and needs nothing here. To use another key, let the alias name it, or configure it: any
 * key of the same account and region is unwrapped with, where the credentials may. Not those of other accounts: who can write to the
 * database could name a key of their own.
 */
export class AwsKms implements KeyEncryption {
  readonly #options: AwsKmsOptions;
  readonly #limits: CallLimits;
  readonly #accountPrefix: string;
  readonly #region: string;
  #client: Promise<KMSClient> | undefined;

  /** Calls nobody. @throws EnvelopeError `invalid_id` for what is no ARN of a key or an alias */
  constructor(options: AwsKmsOptions) {
    const [, accountPrefix, region] = arnForm.exec(options.keyArn) ?? [];
    if (accountPrefix === undefined || region === undefined)
      throw new EnvelopeError('invalid_id', 'not the ARN of a key or an alias in AWS KMS');
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.#accountPrefix = accountPrefix;
    this.#region = region;
  }

  async activeKekId(): Promise<string> {
    const { DescribeKeyCommand } = await import('@aws-sdk/client-kms');
    const { KeyMetadata: key } = await this.#call((client, abortSignal) =>
      client.send(new DescribeKeyCommand({ KeyId: this.#options.keyArn }), { abortSignal }),
    );
    if (key?.Arn === undefined) throw unavailable(NAME, 'its answer names no key');
    if (key.KeyState !== 'Enabled') throw disabled(`it is ${key.KeyState ?? 'in no state'}`);
    return PREFIX + key.Arn;
  }

  async wrap(key: Uint8Array, context: KeyContext): Promise<WrappedKey> {
    const { EncryptCommand } = await import('@aws-sdk/client-kms');
    const { KeyId, CiphertextBlob } = await this.#call((client, abortSignal) =>
      client.send(
        new EncryptCommand({
          KeyId: this.#options.keyArn,
          Plaintext: key,
          EncryptionContext: encryptionContext(context),
        }),
        { abortSignal },
      ),
    );
    if (KeyId === undefined || CiphertextBlob === undefined) throw unavailable(NAME, 'its answer has no ciphertext');
    return { kekId: PREFIX + KeyId, wrapped: framed(CiphertextBlob) };
  }

  async unwrap({ kekId, wrapped }: WrappedKey, context: KeyContext): Promise<Uint8Array> {
    const CiphertextBlob = unframed(wrapped);
    const KeyId = kekId.slice(PREFIX.length);
    if (!kekId.startsWith(PREFIX) || !KeyId.startsWith(`${this.#accountPrefix}key/`))
      throw new EnvelopeError('unknown_kek', `${kekId} is of another account or region than the configured key`);
    const { DecryptCommand } = await import('@aws-sdk/client-kms');
    const { Plaintext } = await this.#call((client, abortSignal) =>
      client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: encryptionContext(context) }), {
        abortSignal,
      }),
    );
    if (Plaintext === undefined) throw unavailable(NAME, 'its answer has no plaintext');
    return Plaintext;
  }

  async #call<T>(send: (client: KMSClient, signal: AbortSignal) => Promise<T>): Promise<T> {
    const client = await (this.#client ??= this.#connect());
    return withRetries(NAME, this.#limits, async (signal) => {
      try {
        return await send(client, signal);
      } catch (error) {
        throw asEnvelopeError(error);
      }
    });
  }

  /** The SDK is loaded here, so that whoever uses another provider does not pay for it. */
  async #connect(): Promise<KMSClient> {
    const { KMSClient: Client } = await import('@aws-sdk/client-kms');
    const { endpoint, credentials } = this.#options;
    return new Client({
      region: this.#region,
      maxAttempts: 1,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    });
  }
}

function encryptionContext({ workspaceId, keyId, purpose }: KeyContext): Record<string, string> {
  const always = { 'otpost:purpose': purpose, 'otpost:key': keyId };
  return workspaceId === null ? always : { ...always, 'otpost:workspace': workspaceId };
}

function disabled(reason: string): EnvelopeError {
  return new EnvelopeError(
    'key_disabled',
    `the key in ${NAME} cannot be used: ${reason}. Enable it, or cancel its deletion`,
  );
}

const passing =
  /Throttling|TooManyRequests|LimitExceeded|^KMSInternal|^KeyUnavailable|^DependencyTimeout|^RequestTimeout/;
const ofCredentials = /Credentials|Token|Signature|UnrecognizedClient|InvalidClientTokenId|AccessDenied|NotAuthorized/;

/** From the exception's name alone: its message may quote the request. */
function asEnvelopeError(error: unknown): EnvelopeError {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const exception = typeof name === 'string' && /^[A-Za-z]{1,80}$/.test(name) ? name : 'an error';
  if (exception === 'NotFoundException') return new EnvelopeError('unknown_kek', `${NAME} has no such key`);
  if (exception === 'InvalidCiphertextException' || exception === 'IncorrectKeyException')
    return new EnvelopeError('not_authentic', `${NAME} refuses the wrapped key: altered, moved, or under another key`);
  if (exception === 'DisabledException' || exception === 'KMSInvalidStateException') return disabled(exception);
  if (ofCredentials.test(exception))
    return new EnvelopeError(
      'key_provider_denied',
      `${NAME} refuses the vault's credentials (${exception}): they need kms:Encrypt, kms:Decrypt and kms:DescribeKey on the key`,
    );
  const status = $metadata?.httpStatusCode ?? 0;
  if (status === 0 || status === 429 || status >= 500 || passing.test(exception))
    return unavailable(NAME, status === 0 ? reasonOf(error) : exception);
  return new EnvelopeError('key_provider_denied', `${NAME} refuses the call (${exception})`);
}
