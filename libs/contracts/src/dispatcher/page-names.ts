import { contentFingerprint, deriveKey, equalInConstantTime, type Secret } from '@otpost/envelope';

const tokenBytes = 24;
const pageName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{32})$/;

/**
 * Names of pages that whoever has the link may use: `<id>.<token>`. The token is an HMAC of the id under a key that is derived from the
 * transport key for one purpose: whoever sends the link makes it, whoever serves the page checks it, nobody stores it.
 */
export class PageNames {
  readonly #keys: readonly Uint8Array[];

  /**
   * @param transportKey OTPOST_TRANSPORT_KEY: 64 hex digits; several while it is rotated, the newest first, separated by commas
   * @param purpose of these pages alone: a name of one purpose is none of another's
   */
  constructor(
    transportKey: Secret,
    private readonly purpose: string,
  ) {
    this.#keys = transportKey
      .reveal()
      .split(',')
      .map((key) => deriveKey(Buffer.from(key, 'hex'), purpose));
  }

  nameOf(id: string): string {
    const [newest = new Uint8Array()] = this.#keys;
    return `${id}.${this.#token(newest, id).toString('base64url')}`;
  }

  /** The id that a name is of; undefined when nobody of this deployment made it. */
  idOf(name: string): string | undefined {
    const [, id, given] = pageName.exec(name) ?? [];
    if (id === undefined || given === undefined) return undefined;
    const bytes = Buffer.from(given, 'base64url');
    const isOurs = this.#keys.map((key) => equalInConstantTime(this.#token(key, id), bytes)).includes(true);
    return isOurs ? id : undefined;
  }

  #token(key: Uint8Array, id: string): Buffer {
    return contentFingerprint(key, this.purpose, id).subarray(0, tokenBytes);
  }
}
