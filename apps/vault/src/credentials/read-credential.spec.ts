import { describe, expect, it } from '@jest/globals';
import { parseSecretOrUri } from '@otpost/otp';
import { fittingPage, textOfAccount } from './read-credential.js';

describe('a page', () => {
  const sizes = [5, 5, 5, 50, 1].map((bytes, index) => ({ id: `id${index}`, bytes }));

  it('holds no more rows than asked for, and no more bytes than fit', () => {
    expect(fittingPage(sizes, 2, 100)).toEqual(['id0', 'id1']);
    expect(fittingPage(sizes, 5, 12)).toEqual(['id0', 'id1']);
    expect(fittingPage(sizes, 5, 100)).toHaveLength(5);
  });

  it('always holds one row', () => {
    expect(fittingPage(sizes.slice(3), 5, 12)).toEqual(['id3']);
    expect(fittingPage([], 5, 12)).toEqual([]);
  });
});

describe('a secret given back', () => {
  it('is bare base32 where that says it all', () => {
    expect(textOfAccount(parseSecretOrUri('jbsw y3dp ehpk 3pxp'))).toBe('JBSWY3DPEHPK3PXP');
    expect(textOfAccount(parseSecretOrUri('otpauth://totp/?secret=JBSWY3DPEHPK3PXP'))).toBe('JBSWY3DPEHPK3PXP');
  });

  it.each([
    'otpauth://totp/label?secret=JBSWY3DPEHPK3PXP',
    'otpauth://totp/?secret=JBSWY3DPEHPK3PXP&issuer=ACME',
    'otpauth://totp/?secret=JBSWY3DPEHPK3PXP&digits=8',
    'otpauth://totp/?secret=JBSWY3DPEHPK3PXP&period=60',
    'otpauth://totp/?secret=JBSWY3DPEHPK3PXP&algorithm=SHA512',
    'otpauth://hotp/?secret=JBSWY3DPEHPK3PXP&counter=4',
  ])('reads back to the account of %s', (uri) => {
    const account = parseSecretOrUri(uri);
    expect(textOfAccount(account)).toMatch(/^otpauth:/);
    expect(parseSecretOrUri(textOfAccount(account))).toEqual(account);
  });
});
