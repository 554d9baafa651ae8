import { ChallengePages, challengePageUrl } from '@otpost/contracts';
import type { Secret } from '@otpost/envelope';
import { PageLinks } from '../events/page-links.js';

/** Links to the hosted pages, as they are sent; none where nobody said what the gateway's URL is. */
export class HostedPageLinks extends PageLinks {
  readonly #pages: ChallengePages;

  constructor(
    transportKey: Secret,
    private readonly publicUrl: string | undefined,
  ) {
    super();
    this.#pages = new ChallengePages(transportKey);
  }

  pageUrl(challengeId: string): string | null {
    return this.publicUrl === undefined ? null : challengePageUrl(this.#pages, this.publicUrl, challengeId);
  }
}
