import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataKey } from './data-key.js';
import { EnvelopeError } from './errors.js';
import { describeSealed, type Place } from './sealed-header.js';
import { open, openText, seal } from './sealed-value.js';

const KEY_ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const key = new DataKey(KEY_ID, 3, Buffer.alloc(32, 7));
const place: Place = {
  workspaceId: '01890a5d-0000-7000-8000-000000000001',
  table: 'credential',
  rowId: '01890a5d-0000-7000-8000-000000000002',
  column: 'password_sealed',
};

/** The code of the EnvelopeError that the function throws. */
function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

describe('a sealed value', () => {
  it('opens where it was sealed, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plaintext) => {
        expect(Buffer.from(open(key, seal(key, plaintext, place), place).reveal())).toEqual(Buffer.from(plaintext));
      }),
    );
  });

  it('opens as the text it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(openText(key, seal(key, text, place), place).reveal()).toBe(text);
      }),
    );
  });

  it('may be empty, end in zeros, or have a megabyte', () => {
    const megabyte = Buffer.alloc(1_048_576, 0xa5);
    for (const plaintext of [Buffer.alloc(0), Buffer.alloc(64), Buffer.from([0x80, 0, 0]), megabyte])
      expect(open(key, seal(key, plaintext, place), place).reveal()).toEqual(plaintext);
  });

  it('is 110 bytes for everything up to 63 bytes, so that a code, a seed and a password look alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 63 }), (plaintext) => {
        expect(seal(key, plaintext, place)).toHaveLength(18 + 12 + 64 + 16);
      }),
    );
    expect(seal(key, Buffer.alloc(64), place)).toHaveLength(18 + 12 + 128 + 16);
  });

  it('never has the same nonce or ciphertext twice', () => {
    const seen = new Set(Array.from({ length: 1000 }, () => Buffer.from(seal(key, 'a', place)).toString('hex', 18)));
    const nonces = new Set([...seen].map((hex) => hex.slice(0, 24)));
    expect([seen.size, nonces.size]).toEqual([1000, 1000]);
  });

  it('says which key opens it, to those who have no key', () => {
    expect(describeSealed(seal(key, 'x', place))).toEqual({ version: 1, algorithm: 'aes-256-gcm', keyId: KEY_ID });
  });

  it('has the documented layout, readable with nothing but node:crypto', () => {
    const sealed = Buffer.from(seal(key, '287082', place));
    const part = (bytes: string | Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(bytes));
      return Buffer.concat([length, Buffer.from(bytes)]);
    };
    expect(sealed.subarray(0, 18).toString('hex')).toBe(`0101${KEY_ID.replaceAll('-', '')}`);
    const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32, 7), sealed.subarray(18, 30));
    const { workspaceId, table, rowId, column } = place;
    const fields = ['otpost sealed value', sealed.subarray(0, 18), '3', workspaceId, table, rowId, column];
    decipher.setAAD(Buffer.concat(fields.map(part)));
    decipher.setAuthTag(sealed.subarray(94));
    const padded = Buffer.concat([decipher.update(sealed.subarray(30, 94)), decipher.final()]);
    expect(padded).toEqual(Buffer.concat([Buffer.from('287082\x80', 'latin1'), Buffer.alloc(57)]));
  });
});

describe('a sealed value does not open', () => {
  const sealed = seal(key, 'hunter2', place);

  it('in another workspace, table, row or column', () => {
    for (const moved of [
      { ...place, workspaceId: '01890a5d-0000-7000-8000-00000000000f' },
      { ...place, table: 'otp_secret' },
      { ...place, rowId: '01890a5d-0000-7000-8000-00000000000f' },
      { ...place, column: 'user_name_sealed' },
    ])
      expect(codeOf(() => open(key, sealed, moved))).toBe('not_authentic');
  });

  it('at any place that differs from its own, also where the fields run together alike', () => {
    const field = fc.string({ maxLength: 8 });
    const places = fc.record({ workspaceId: field, table: field, rowId: field, column: field });
    fc.assert(
      fc.property(places, places, (here, there) => {
        fc.pre(JSON.stringify(Object.values(here)) !== JSON.stringify(Object.values(there)));
        expect(codeOf(() => open(key, seal(key, 'x', here), there))).toBe('not_authentic');
      }),
    );
    const here = { ...place, table: 'ab', rowId: 'c' };
    expect(codeOf(() => open(key, seal(key, 'x', here), { ...place, table: 'a', rowId: 'bc' }))).toBe('not_authentic');
  });

  it('with one bit flipped, in any byte', () => {
    const codes = Array.from(sealed, (_byte, index) => {
      const flipped = Uint8Array.from(sealed, (byte, at) => (at === index ? byte ^ (1 << (index % 8)) : byte));
      return codeOf(() => open(key, flipped, place));
    });
    expect(codes[0]).toBe('unknown_version');
    expect(codes[1]).toBe('unknown_algorithm');
    expect(new Set(codes.slice(2, 18))).toEqual(new Set(['wrong_key']));
    expect(new Set(codes.slice(18))).toEqual(new Set(['not_authentic']));
  });

  it('cut short, at any length', () => {
    const codes = Array.from(sealed, (_byte, length) => codeOf(() => open(key, sealed.subarray(0, length), place)));
    expect(new Set(codes.slice(0, 18 + 28))).toEqual(new Set(['truncated']));
    expect(new Set(codes.slice(18 + 28))).toEqual(new Set(['not_authentic']));
  });

  it('made longer, or with its tail cut to a shorter tag', () => {
    expect(codeOf(() => open(key, Buffer.concat([sealed, Buffer.alloc(1)]), place))).toBe('not_authentic');
    expect(codeOf(() => open(key, sealed.subarray(0, -12), place))).toBe('not_authentic');
  });

  it('in a format of a later version, or sealed to the vault', () => {
    expect(codeOf(() => open(key, Uint8Array.of(2, ...sealed.subarray(1)), place))).toBe('unknown_version');
    expect(codeOf(() => open(key, Uint8Array.of(1, 2, ...sealed.subarray(2)), place))).toBe('unknown_algorithm');
    expect(codeOf(() => open(key, Uint8Array.of(1, 9, ...sealed.subarray(2)), place))).toBe('unknown_algorithm');
  });

  it('under another key: by id before any cryptography, by version or bytes through the tag', () => {
    const otherId = DataKey.generate('01890a5d-ac96-774b-bcce-b302099a8058', 3);
    const otherVersion = new DataKey(KEY_ID, 4, Buffer.alloc(32, 7));
    const otherBytes = new DataKey(KEY_ID, 3, Buffer.alloc(32, 8));
    expect(codeOf(() => open(otherId, sealed, place))).toBe('wrong_key');
    expect(codeOf(() => open(otherVersion, sealed, place))).toBe('not_authentic');
    expect(codeOf(() => open(otherBytes, sealed, place))).toBe('not_authentic');
  });

  it('after its key was zeroed; nor is anything sealed under the zeroes', () => {
    const zeroed = new DataKey(KEY_ID, 3, Buffer.alloc(32, 7));
    zeroed.destroy();
    expect(codeOf(() => open(zeroed, sealed, place))).toBe('key_destroyed');
    expect(codeOf(() => seal(zeroed, 'x', place))).toBe('key_destroyed');
  });

  it('and the error tells nothing of the content', () => {
    const flipped = Uint8Array.from(sealed, (byte, at) => (at === 40 ? byte ^ 1 : byte));
    let error: unknown;
    try {
      openText(key, flipped, place);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(EnvelopeError);
    expect(String((error as EnvelopeError).stack)).not.toMatch(/hunter2/);
  });
});
