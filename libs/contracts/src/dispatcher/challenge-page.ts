import { contentFingerprint, deriveKey, equalInConstantTime, type Secret } from '@otpost/envelope';

const purpose = 'challenge page';
const tokenBytes = 24;
const pageName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{32})$/;

/**
 * The hosted page of a challenge: `<gateway>/code/<challenge id>.<token>`. The token is an HMAC of the id under a key that is derived
 * from the transport key: whoever sends the link makes it, whoever serves it checks it, nobody stores it.
 */
export class ChallengePages {
  readonly #keys: readonly Uint8Array[];

  /** @param transportKey OTPOST_TRANSPORT_KEY: 64 hex digits; several while it is rotated, the newest first, separated by commas */
  constructor(transportKey: Secret) {
    this.#keys = transportKey
      .reveal()
      .split(',')
      .map((key) => deriveKey(Buffer.from(key, 'hex'), purpose));
  }

  /** What follows `/code/` in the link. */
  nameOf(challengeId: string): string {
    const [newest = new Uint8Array()] = this.#keys;
    return `${challengeId}.${token(newest, challengeId).toString('base64url')}`;
  }

  /** The challenge that a name is of; undefined when nobody of this deployment made it. */
  challengeOf(name: string): string | undefined {
    const [, challengeId, given] = pageName.exec(name) ?? [];
    if (challengeId === undefined || given === undefined) return undefined;
    const bytes = Buffer.from(given, 'base64url');
    const isOurs = this.#keys.map((key) => equalInConstantTime(token(key, challengeId), bytes)).includes(true);
    return isOurs ? challengeId : undefined;
  }
}

/** The link to a page, below the gateway's URL as people reach it. */
export function challengePageUrl(pages: ChallengePages, publicUrl: string, challengeId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/code/${pages.nameOf(challengeId)}`;
}

function token(key: Uint8Array, challengeId: string): Buffer {
  return contentFingerprint(key, purpose, challengeId).subarray(0, tokenBytes);
}
