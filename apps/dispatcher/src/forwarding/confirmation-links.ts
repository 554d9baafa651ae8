import { ConfirmationPages } from '@otpost/contracts';
import type { Secret } from '@otpost/envelope';

/** Links to confirmation pages, as they are sent; none where nobody said what the gateway's URL is. */
export class ConfirmationLinks {
  readonly #pages: ConfirmationPages;

  constructor(
    transportKey: Secret,
    private readonly publicUrl: string | undefined,
  ) {
    this.#pages = new ConfirmationPages(transportKey);
  }

  urlOf(confirmationId: string): string | null {
    return this.publicUrl === undefined ? null : this.#pages.urlOf(this.publicUrl, confirmationId);
  }
}
