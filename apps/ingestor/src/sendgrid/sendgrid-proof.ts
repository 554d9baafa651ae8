import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@otpost/contracts';
import { contentFingerprint, equalInConstantTime, type Secret } from '@otpost/envelope';

export interface SendGridProofOptions {
  /** Base64 of the SubjectPublicKeyInfo, as SendGrid shows it. */
  publicKey: string | undefined;
  pathSecret: Secret | undefined;
  /** Epoch milliseconds. */
  now?: () => number;
}

const toleranceSeconds = 300;
const signatureHeader = 'x-twilio-email-event-webhook-signature';
const timestampHeader = 'x-twilio-email-event-webhook-timestamp';

/** What proves a request of SendGrid's: its signature, or that it knows the secret path. */
export class SendGridProof {
  private readonly publicKey: KeyObject | undefined;
  private readonly now: () => number;

  /** @throws where the key is none */
  constructor(private readonly options: SendGridProofOptions) {
    const { publicKey, now = Date.now } = options;
    this.now = now;
    if (publicKey === undefined) return;
    this.publicKey = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    if (this.publicKey.asymmetricKeyType !== 'ec')
      throw new Error('OTPOST_SENDGRID_PUBLIC_KEY is no key of an elliptic curve');
  }

  /** In a time that says nothing of how much of it is right. */
  isPathSecret(given: string): boolean {
    const { pathSecret } = this.options;
    if (pathSecret === undefined) return false;
    return equalInConstantTime(digest(given), digest(pathSecret.reveal()));
  }

  /**
   * Looks at the headers, before a byte of the body is read; returns what then verifies the body: ECDSA P-256 over SHA-256 of
   * the timestamp and the raw bytes.
   *
   * @throws AppError `forbidden` without a signature, without a key to verify it, or where it is too old (a replay) or from the future
   */
  verifierOf(headers: IncomingHttpHeaders): (chunks: readonly Uint8Array[]) => boolean {
    const { [signatureHeader]: signature, [timestampHeader]: timestamp } = headers;
    const { publicKey } = this;
    if (publicKey === undefined || typeof signature !== 'string' || typeof timestamp !== 'string') throw notProven();
    const ageSeconds = this.now() / 1_000 - Number(timestamp);
    if (!/^[0-9]{1,12}$/.test(timestamp) || Math.abs(ageSeconds) > toleranceSeconds) throw notProven();
    return (chunks) => {
      const verify = createVerify('sha256').update(timestamp);
      for (const chunk of chunks) verify.update(chunk);
      return verify.verify({ key: publicKey, dsaEncoding: 'der' }, Buffer.from(signature, 'base64'));
    };
  }
}

export function notProven(): AppError {
  return new AppError('forbidden', 'The request is not proven');
}

/** Texts of any length become comparable bytes. The key is no secret: what it hides is only where two texts differ. */
function digest(text: string): Uint8Array {
  return contentFingerprint(new Uint8Array(32), 'path secret', text);
}
