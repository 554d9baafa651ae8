import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { scramVerifier } from './scram.js';

describe('scramVerifier', () => {
  it('agrees with the exchange of RFC 7677, section 3', () => {
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
    const authMessage = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;
    const verifier = scramVerifier('pencil', Buffer.from(salt, 'base64'));
    const [, parameters, keys] = verifier.split('$');
    expect(parameters).toBe(`4096:${salt}`);
    const serverKey = Buffer.from(keys?.split(':')[1] ?? '', 'base64');
    const serverSignature = createHmac('sha256', serverKey).update(authMessage).digest('base64');
    expect(serverSignature).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  it('is another one each time, and takes printable ASCII only', () => {
    expect(scramVerifier('a')).not.toBe(scramVerifier('a'));
    expect(() => scramVerifier('')).toThrow('printable ASCII');
    expect(() => scramVerifier('é')).toThrow('printable ASCII');
  });
});
