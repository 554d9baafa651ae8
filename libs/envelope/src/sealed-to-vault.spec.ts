import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EnvelopeError } from './errors.js';
import {
  generateVaultKeyPair,
  importVaultKeyPair,
  importVaultPublicKey,
  openInVault,
  sealToVault,
} from './sealed-to-vault.js';
import { describeSealed, type Place } from './sealed-header.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const OTHER_ID = '01890a5d-ac96-774b-bcce-b302099a8058';
const place: Place = {
  workspaceId: '01890a5d-0000-7000-8000-000000000001',
  table: 'inbound_message',
  rowId: '01890a5d-0000-7000-8000-000000000002',
  column: 'code_sealed',
};

const generated = generateVaultKeyPair();
const vault = importVaultKeyPair(ID, generated.privateKey.reveal());
const ingestor = importVaultPublicKey(ID, generated.publicKey);

/** The code of the EnvelopeError that opening ends with. */
function refusal(sealed: Uint8Array, where = place, keyPair = vault): string {
  try {
    openInVault(keyPair, sealed, where);
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code;
    throw error;
  }
  return 'opened';
}

describe('a value sealed to the vault', () => {
  it('opens in the vault, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plaintext) => {
        const opened = openInVault(vault, sealToVault(ingestor, plaintext, place), place);
        expect(opened.reveal()).toEqual(Buffer.from(plaintext));
      }),
    );
  });

  it('may be a text, nothing, or a megabyte', () => {
    const text = openInVault(vault, sealToVault(ingestor, 'Ihr Code: 287 082 ✓', place), place);
    expect(text.reveal().toString()).toBe('Ihr Code: 287 082 ✓');
    for (const plaintext of [Buffer.alloc(0), Buffer.alloc(1_048_576, 0xa5)]) {
      const opened = openInVault(vault, sealToVault(ingestor, plaintext, place), place);
      expect(opened.reveal().equals(plaintext)).toBe(true);
    }
  });

  it('says which key pair opens it, and not how long the code is', () => {
    const [four, eight] = [sealToVault(ingestor, '2870', place), sealToVault(ingestor, '28708212', place)];
    expect(describeSealed(four)).toEqual({ version: 1, algorithm: 'hpke', keyId: ID });
    expect([four.length, eight.length]).toEqual([163, 163]);
    expect(Buffer.from(four).equals(sealToVault(ingestor, '2870', place))).toBe(false);
  });

  it('does not open in another workspace, table, row or column', () => {
    const sealed = sealToVault(ingestor, '287082', place);
    expect(refusal(sealed)).toBe('opened');
    for (const moved of [
      { ...place, workspaceId: OTHER_ID },
      { ...place, table: 'received_code' },
      { ...place, rowId: OTHER_ID },
      { ...place, column: 'body_sealed' },
    ])
      expect(refusal(sealed, moved)).toBe('not_authentic');
  });

  it('does not open with one bit flipped, in any byte', () => {
    const sealed = sealToVault(ingestor, '287082', place);
    const codes: string[] = [];
    for (const index of sealed.keys())
      codes.push(refusal(sealed.map((byte, at) => (at === index ? byte ^ (1 << (index % 8)) : byte))));
    expect(codes.slice(0, 2)).toEqual(['unknown_version', 'unknown_algorithm']);
    expect(new Set(codes.slice(2, 18))).toEqual(new Set(['wrong_key']));
    expect(new Set(codes.slice(18))).toEqual(new Set(['not_authentic']));
  });

  it('does not open cut short, at any length', () => {
    const sealed = sealToVault(ingestor, '287082', place);
    const codes: string[] = [];
    for (const length of sealed.keys()) codes.push(refusal(sealed.subarray(0, length)));
    expect(new Set(codes.slice(0, 18 + 65 + 16))).toEqual(new Set(['truncated']));
    expect(new Set(codes.slice(18 + 65 + 16))).toEqual(new Set(['not_authentic']));
  });

  it('does not open with another key pair, nor under another id of the same one', () => {
    const sealed = sealToVault(ingestor, '287082', place);
    const stranger = generateVaultKeyPair().privateKey.reveal();
    expect(refusal(sealed, place, importVaultKeyPair(OTHER_ID, stranger))).toBe('wrong_key');
    expect(refusal(sealed, place, importVaultKeyPair(ID, stranger))).toBe('not_authentic');
    const renamed = importVaultKeyPair(OTHER_ID, generated.privateKey.reveal());
    expect(refusal(sealed, place, renamed)).toBe('wrong_key');
    const relabelled = Uint8Array.from(sealed, (byte, at) => (at === 17 ? 0x58 : byte));
    expect(refusal(relabelled, place, renamed)).toBe('not_authentic');
  });
});

describe("the vault's key pair", () => {
  it('has the same public half after it was kept as bytes', () => {
    expect(vault.publicKey).toEqual(generated.publicKey);
    expect([generated.publicKey.length, generated.privateKey.reveal().length]).toEqual([65, 32]);
  });

  it('is refused when it is no key of the curve, or its id no UUID', () => {
    const invalidKey = expect.objectContaining({ name: 'EnvelopeError', code: 'invalid_key' });
    const offCurve = generated.publicKey.map((byte, at) => (at === 64 ? byte ^ 1 : byte));
    const compressed = Uint8Array.of(2 + ((generated.publicKey[64] ?? 0) & 1), ...generated.publicKey.subarray(1, 33));
    const infinity = new Uint8Array(1);
    for (const bytes of [offCurve, compressed, infinity, new Uint8Array(65), new Uint8Array(0)])
      expect(() => importVaultPublicKey(ID, bytes)).toThrow(invalidKey);
    const privateKeys = [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)];
    for (const bytes of privateKeys) expect(() => importVaultKeyPair(ID, bytes)).toThrow(invalidKey);
    expect(() => importVaultPublicKey('1', generated.publicKey)).toThrow(
      expect.objectContaining({ code: 'invalid_id' }),
    );
  });

  it('has 32 private bytes also when the first are zero', () => {
    const small = new Uint8Array(32);
    small[31] = 9;
    const sealed = sealToVault(importVaultKeyPair(ID, small), '287082', place);
    expect(openInVault(importVaultKeyPair(ID, small), sealed, place).reveal().toString()).toBe('287082');
    for (let round = 0; round < 600; round += 1) {
      const { publicKey, privateKey } = generateVaultKeyPair();
      expect(privateKey.reveal()).toHaveLength(32);
      expect(importVaultKeyPair(ID, privateKey.reveal()).publicKey).toEqual(publicKey);
    }
  });

  it('prints no private half', () => {
    const privateHex = Buffer.from(generated.privateKey.reveal()).toString('hex');
    for (const text of [inspect(vault, { depth: 9, showHidden: true }), JSON.stringify(vault), inspect(generated)])
      expect(text.replace(/[ ,]/g, '')).not.toContain(privateHex.slice(0, 16));
  });
});
