import { AppError } from '@otpost/contracts';
import {
  AwsKms,
  EnvelopeError,
  GoogleCloudKms,
  KeyProviders,
  LocalKeyring,
  Transit,
  type EnvelopeErrorCode,
  type KeyContext,
  type KeyEncryption,
  type KeyProviderName,
  type WrappedKey,
} from '@otpost/envelope';
import { ConfigError, type keyProviderVariables, type ServiceConfig } from '@otpost/platform';

export type KeyProviderConfig = Pick<ServiceConfig<'vault'>, (typeof keyProviderVariables)[number]>;

/**
 * The key-encryption keys as the configuration has them. A keyring is read, so that a wrong one shows at start; of a KMS nothing is
 * asked yet, so that one that is away keeps no vault from starting.
 *
 * @param onFailure told why a provider did not serve, for the log: clients are told no more than `unavailable`
 * @throws ConfigError naming the variables that a named provider lacks; EnvelopeError of the keyring
 */
export function openKeyEncryption(
  config: KeyProviderConfig,
  onFailure: (error: EnvelopeError) => void = () => undefined,
): KeyEncryption {
  const problems: string[] = [];
  const { OTPOST_KEY_PROVIDER: present, OTPOST_OTHER_KEY_PROVIDERS: others = [] } = config;
  const providers = new Map<KeyProviderName, KeyEncryption>();
  for (const name of new Set([present, ...others])) {
    const provider = openProvider(name, config, problems);
    if (provider !== undefined) providers.set(name, provider);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return new ReportingKeyEncryption(new KeyProviders(present, providers), onFailure);
}

/**
 * Why one key does not unwrap, where that is for its own sake: others may, and work on them goes on. Undefined where its provider is
 * away, and for any other failure.
 */
export function reasonOfThisKey(error: unknown): EnvelopeError | undefined {
  const reason = error instanceof AppError ? error.cause : error;
  if (!(reason instanceof EnvelopeError) || reason.code === 'key_provider_unavailable') return undefined;
  return reason;
}

const successLastsMs = 30_000;

/** A check that is not made again for half a minute after it succeeded: a KMS is paid for by the call, and probes come every few seconds. */
export function rememberingSuccess(check: () => Promise<void>, nowMs = () => performance.now()): () => Promise<void> {
  let succeededAtMs = -Infinity;
  let running: Promise<void> | undefined;
  return () => {
    if (nowMs() - succeededAtMs < successLastsMs) return Promise.resolve();
    running ??= check()
      .then(() => {
        succeededAtMs = nowMs();
      })
      .finally(() => (running = undefined));
    return running;
  };
}

/** What may be otherwise again without a change to the data: the client is told to come back, the log why. */
const passing = new Set<EnvelopeErrorCode>([
  'key_provider_unavailable',
  'key_provider_denied',
  'key_disabled',
  'unknown_kek',
]);

const saidAgainAfterMs = 10_000;

class ReportingKeyEncryption implements KeyEncryption {
  /** By code: every read may fail for the same reason. */
  readonly #saidAtMs = new Map<EnvelopeErrorCode, number>();

  constructor(
    private readonly inner: KeyEncryption,
    private readonly onFailure: (error: EnvelopeError) => void,
  ) {}

  activeKekId(): Promise<string> {
    return this.inner.activeKekId().catch((error: unknown) => this.#report(error));
  }

  wrap(key: Uint8Array, context: KeyContext): Promise<WrappedKey> {
    return this.inner.wrap(key, context).catch((error: unknown) => this.#report(error));
  }

  unwrap(wrapped: WrappedKey, context: KeyContext): Promise<Uint8Array> {
    return this.inner.unwrap(wrapped, context).catch((error: unknown) => this.#report(error));
  }

  #report(error: unknown): never {
    if (!(error instanceof EnvelopeError) || !passing.has(error.code)) throw error;
    const now = performance.now();
    if (now - (this.#saidAtMs.get(error.code) ?? -Infinity) >= saidAgainAfterMs) {
      this.#saidAtMs.set(error.code, now);
      this.onFailure(error);
    }
    throw new AppError('unavailable', 'The keys are out of reach, try again', {
      cause: error,
      internal: error.message,
      retryAfterSeconds: 5,
    });
  }
}

/** @returns undefined where it lacks a variable: which one is among the problems then */
function openProvider(name: KeyProviderName, config: KeyProviderConfig, problems: string[]): KeyEncryption | undefined {
  const lacks = (variables: Record<string, unknown>) => {
    for (const [variable, value] of Object.entries(variables)) {
      if (value === undefined) problems.push(`${variable} is not set, and the key provider ${name} needs it`);
    }
    return undefined;
  };
  switch (name) {
    case 'local': {
      const { OTPOST_KEYRING_FILE: file } = config;
      return file === undefined ? lacks({ OTPOST_KEYRING_FILE: file }) : LocalKeyring.open(file);
    }
    case 'aws-kms': {
      const { OTPOST_AWS_KMS_KEY: keyArn, OTPOST_AWS_KMS_ENDPOINT: endpoint } = config;
      if (keyArn === undefined) return lacks({ OTPOST_AWS_KMS_KEY: keyArn });
      return new AwsKms({ keyArn, ...(endpoint === undefined ? {} : { endpoint }) });
    }
    case 'gcp-kms': {
      const { OTPOST_GCP_KMS_KEY: keyName, OTPOST_GCP_KMS_ENDPOINT: endpoint } = config;
      if (keyName === undefined) return lacks({ OTPOST_GCP_KMS_KEY: keyName });
      return new GoogleCloudKms({ keyName, ...(endpoint === undefined ? {} : { endpoint }) });
    }
    case 'transit': {
      const { OTPOST_TRANSIT_URL: url, OTPOST_TRANSIT_KEY: key, OTPOST_TRANSIT_TOKEN_FILE: file } = config;
      const token = file === undefined ? config.OTPOST_TRANSIT_TOKEN : { file };
      if (url === undefined || key === undefined || token === undefined)
        return lacks({ OTPOST_TRANSIT_URL: url, OTPOST_TRANSIT_KEY: key, OTPOST_TRANSIT_TOKEN_FILE: token });
      const { OTPOST_TRANSIT_MOUNT: mount, OTPOST_TRANSIT_NAMESPACE: namespace } = config;
      return new Transit({ url, key, token, mount, ...(namespace === undefined ? {} : { namespace }) });
    }
  }
}
