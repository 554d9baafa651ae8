import type { Secret } from '@otpost/envelope';
import { PageNames } from './page-names.js';

/** The hosted page of a challenge: `<gateway>/code/<challenge id>.<token>`. */
export class ChallengePages {
  readonly #names: PageNames;

  /** @param transportKey OTPOST_TRANSPORT_KEY: 64 hex digits; several while it is rotated, the newest first, separated by commas */
  constructor(transportKey: Secret) {
    this.#names = new PageNames(transportKey, 'challenge page');
  }

  /** What follows `/code/` in the link. */
  nameOf(challengeId: string): string {
    return this.#names.nameOf(challengeId);
  }

  /** The challenge that a name is of; undefined when nobody of this deployment made it. */
  challengeOf(name: string): string | undefined {
    return this.#names.idOf(name);
  }
}

/** The link to a page, below the gateway's URL as people reach it. */
export function challengePageUrl(pages: ChallengePages, publicUrl: string, challengeId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/code/${pages.nameOf(challengeId)}`;
}
