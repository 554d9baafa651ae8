import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentFingerprint, deriveKey, equalInConstantTime } from './content-fingerprint.js';
import { lengthPrefixed } from './length-prefixed.js';

const key = Buffer.alloc(32, 7);

describe('contentFingerprint', () => {
  it('is the same for the same key, purpose and parts only', () => {
    const one = contentFingerprint(key, 'inbound message', 'acme', '287082');
    expect(one).toHaveLength(32);
    expect(contentFingerprint(key, 'inbound message', 'acme', Buffer.from('287082'))).toEqual(one);
    for (const other of [
      contentFingerprint(Buffer.alloc(32, 8), 'inbound message', 'acme', '287082'),
      contentFingerprint(key, 'otp seed', 'acme', '287082'),
      contentFingerprint(key, 'inbound message', 'acme2', '87082'),
      contentFingerprint(key, 'inbound message', 'acme287082'),
      contentFingerprint(key, 'inbound message', 'acme', '287082', ''),
      contentFingerprint(key, 'inbound messageacme', '287082'),
    ])
      expect(other).not.toEqual(one);
  });

  it('is HMAC-SHA256 over the length-prefixed parts', () => {
    const content = Buffer.from('\0\0\0\x12otpost fingerprint\0\0\0\x01p\0\0\0\x02xy', 'latin1');
    expect(contentFingerprint(key, 'p', 'xy')).toEqual(createHmac('sha256', key).update(content).digest());
  });
});

describe('lengthPrefixed', () => {
  it('gives no two lists the same bytes', () => {
    const lists = fc.array(fc.string({ maxLength: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, lists, (one, two) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(two));
        expect(lengthPrefixed(...one).equals(lengthPrefixed(...two))).toBe(false);
      }),
    );
  });

  it('counts bytes, not characters', () => {
    expect(lengthPrefixed('é', Uint8Array.of(1))).toEqual(Buffer.from([0, 0, 0, 2, 0xc3, 0xa9, 0, 0, 0, 1, 1]));
  });
});

describe('deriveKey', () => {
  it('gives each purpose a key of its own, always the same', () => {
    expect(deriveKey(key, 'a')).toEqual(deriveKey(key, 'a'));
    expect(deriveKey(key, 'a')).toHaveLength(32);
    expect(deriveKey(key, 'a')).not.toEqual(deriveKey(key, 'b'));
    expect(deriveKey(key, 'a')).not.toEqual(deriveKey(Buffer.alloc(32, 8), 'a'));
  });

  it('is HKDF-SHA256 of RFC 5869, one block', () => {
    const info = lengthPrefixed('otpost derived key', 'a');
    const pseudorandomKey = createHmac('sha256', Buffer.alloc(32)).update(key).digest();
    const expected = createHmac('sha256', pseudorandomKey).update(info).update(Uint8Array.of(1)).digest();
    expect(deriveKey(key, 'a')).toEqual(expected);
  });
});

describe('equalInConstantTime', () => {
  it('is true for equal bytes only, and takes other lengths', () => {
    expect(equalInConstantTime(Buffer.from('abc'), Buffer.from('abc'))).toBe(true);
    expect(equalInConstantTime(Buffer.from('abc'), Buffer.from('abd'))).toBe(false);
    expect(equalInConstantTime(Buffer.from('abc'), Buffer.from('abcd'))).toBe(false);
    expect(equalInConstantTime(Buffer.alloc(0), Buffer.alloc(0))).toBe(true);
  });
});
