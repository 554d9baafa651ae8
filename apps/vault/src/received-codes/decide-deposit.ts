import type { SealedExtraction, TfaMethod } from '@otpost/contracts';

/** What becomes of a message that the ingestor left to the vault. */
export type Decision =
  | { state: 'deposited'; kind: 'code' | 'link'; value: string }
  | { state: 'no_code' | 'ambiguous' | 'refused' | 'confirmation'; reason: string };

/** Whom it came for; null: nobody could be named. `found` is false when that credential was deleted meanwhile. */
export interface Addressee {
  found: boolean;
  tfaMethod: TfaMethod | null;
}

/** At most one reading of each kind was chosen; a credential that waits for links prefers a link, any other a code. */
export function decideDeposit(extraction: SealedExtraction, addressee: Addressee | null): Decision {
  const { code, link, reason } = extraction;
  if (extraction.confirmation !== null) return { state: 'confirmation', reason: extraction.confirmation.provider };
  if (extraction.ambiguous) return { state: 'ambiguous', reason };
  if (code === null && link === null) return { state: 'no_code', reason };
  if (addressee === null) return { state: 'ambiguous', reason: 'no_credential' };
  if (!addressee.found) return { state: 'refused', reason: 'credential_deleted' };
  if (link !== null && (code === null || addressee.tfaMethod === 'MAGIC_LINK'))
    return { state: 'deposited', kind: 'link', value: link };
  return { state: 'deposited', kind: 'code', value: code ?? '' };
}
