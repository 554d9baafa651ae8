import { describe, expect, it } from '@jest/globals';
import type { SealedExtraction } from '@otpost/contracts';
import { decideDeposit } from './decide-deposit.js';

const nothing: SealedExtraction = {
  version: 1,
  code: null,
  link: null,
  confidence: 0,
  reason: 'spec',
  ambiguous: false,
  candidates: [],
  confirmation: null,
};
const both = { ...nothing, code: '123456', link: 'https://example.com/x' };
const waitsForLinks = { found: true, tfaMethod: 'MAGIC_LINK' as const };
const waitsForCodes = { found: true, tfaMethod: 'EMAIL' as const };

describe('what becomes of a message', () => {
  it('of a code and a link the credential gets the one it waits for', () => {
    expect(decideDeposit(both, waitsForCodes)).toEqual({ state: 'deposited', kind: 'code', value: '123456' });
    expect(decideDeposit(both, waitsForLinks)).toMatchObject({ kind: 'link', value: 'https://example.com/x' });
  });

  it('the only one there is goes to a credential that waits for the other', () => {
    expect(decideDeposit({ ...both, link: null }, waitsForLinks)).toMatchObject({ kind: 'code' });
    expect(decideDeposit({ ...both, code: null }, waitsForCodes)).toMatchObject({ kind: 'link' });
  });

  it('no code, more than one reading, nobody to give it to, and a mailbox that asks for confirmation deposit nothing', () => {
    expect(decideDeposit(nothing, waitsForCodes)).toEqual({ state: 'no_code', reason: 'spec' });
    expect(decideDeposit({ ...both, ambiguous: true }, waitsForCodes)).toEqual({ state: 'ambiguous', reason: 'spec' });
    expect(decideDeposit(both, null)).toEqual({ state: 'ambiguous', reason: 'no_credential' });
    expect(decideDeposit(both, { found: false, tfaMethod: null })).toMatchObject({ state: 'refused' });
    const confirmation = { provider: 'gmail', code: '123456', link: null };
    expect(decideDeposit({ ...both, confirmation }, waitsForCodes)).toEqual({ state: 'confirmation', reason: 'gmail' });
  });
});
