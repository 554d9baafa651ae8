import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppError, openWebhookSecrets } from '@otpost/contracts';
import type { WebhookEndpoint } from '@otpost/database';
import { RpcClient } from '@otpost/messaging';
import { SigningSecret } from '@otpost/webhook-signing';
import { clock, type Clock } from '../clock.js';

/** The present secret, then the one before it while that one still signs. */
export type OpenSecrets = readonly [SigningSecret, ...SigningSecret[]];

/** Of an endpoint's row: what its secrets are opened from. */
export type SealedSecrets = Pick<
  WebhookEndpoint,
  'id' | 'workspaceId' | 'secret' | 'previousSecret' | 'previousSecretUntil'
>;

interface Entry {
  secrets: OpenSecrets;
  /** What they were opened from: another ciphertext in the row is another secret, or the same under another key. */
  sealed: readonly (Uint8Array<ArrayBuffer> | null)[];
  until: number;
  isDestroyed: boolean;
}

const timeToLiveMs = 5 * 60_000;
const capacity = 1_000;
const sweepIntervalMs = 30_000;

/**
 * Signing secrets, opened by the vault and kept for five minutes, a thousand at most, then overwritten. That is as far as JavaScript lets: the
 * text that came from the vault is a string and stays in memory until the garbage collector has it.
 */
@Injectable()
export class SigningSecrets implements OnApplicationShutdown {
  readonly #entries = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<Entry>>();
  readonly #sweep = setInterval(() => this.#dropExpired(), sweepIntervalMs).unref();

  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(clock) private readonly now: Clock,
  ) {}

  /**
   * Runs `work`, which must not keep the secrets beyond its return: they are overwritten when their time is over.
   * @throws AppError `unavailable` and the like, when the vault cannot be asked
   */
  async use<T>(endpoint: SealedSecrets, work: (secrets: OpenSecrets) => T): Promise<T> {
    const known = this.#find(endpoint);
    if (known !== undefined) return work(known.secrets);
    const opened = await this.#open(endpoint);
    // Between its coming and this line another one may have taken its place.
    if (opened.isDestroyed)
      throw new AppError('unavailable', 'Temporarily unavailable, try again', { retryAfterSeconds: 1 });
    return work(opened.secrets);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#sweep);
    for (const id of this.#entries.keys()) this.#drop(id);
  }

  #find(endpoint: SealedSecrets): Entry | undefined {
    const entry = this.#entries.get(endpoint.id);
    return entry !== undefined && entry.until > this.now() && isSame(entry.sealed, this.#sealedOf(endpoint))
      ? entry
      : undefined;
  }

  #open(endpoint: SealedSecrets): Promise<Entry> {
    const sealed = this.#sealedOf(endpoint);
    // With the ciphertext in the key: who asks after a rotation does not get what was asked for before it.
    const key = [endpoint.id, ...sealed.map((bytes) => Buffer.from(bytes ?? []).toString('base64'))].join(' ');
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      opening = this.#ask(endpoint, sealed).finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    return opening;
  }

  async #ask({ id, workspaceId }: SealedSecrets, sealed: Entry['sealed']): Promise<Entry> {
    const [secret = null, previous = null] = sealed;
    const opened = await this.rpc.call(openWebhookSecrets, {
      workspace_id: workspaceId,
      endpoint_id: id,
      secret,
      previous_secret: previous,
      once_secret: null,
    });
    if (opened.secret === null) throw new AppError('internal', 'the vault opened nothing');
    const secrets: OpenSecrets = [
      SigningSecret.parse(opened.secret),
      ...(opened.previous_secret === null ? [] : [SigningSecret.parse(opened.previous_secret)]),
    ];
    const entry = { secrets, sealed, until: this.now() + timeToLiveMs, isDestroyed: false };
    this.#drop(id);
    const [oldest] = this.#entries.size >= capacity ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#drop(oldest);
    this.#entries.set(id, entry);
    return entry;
  }

  #sealedOf({ secret, previousSecret, previousSecretUntil }: SealedSecrets): Entry['sealed'] {
    const overlaps = previousSecretUntil !== null && previousSecretUntil.getTime() > this.now();
    return [secret, overlaps ? previousSecret : null];
  }

  #dropExpired(): void {
    for (const [id, { until }] of this.#entries) if (until <= this.now()) this.#drop(id);
  }

  #drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    entry.isDestroyed = true;
    for (const secret of entry.secrets) secret.destroy();
  }
}

function isSame(left: Entry['sealed'], right: Entry['sealed']): boolean {
  return left.every((bytes, index) => {
    const other = right[index] ?? null;
    return bytes === null || other === null ? bytes === other : Buffer.compare(bytes, other) === 0;
  });
}
