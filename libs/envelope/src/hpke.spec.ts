import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EnvelopeError } from './errors.js';
import {
  generateVaultKeyPair,
  importVaultKeyPair,
  importVaultPublicKey,
  openInVault,
  sealToVault,
  suite,
} from './hpke.js';
import { describeSealed, type Place } from './sealed-header.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const OTHER_ID = '01890a5d-ac96-774b-bcce-b302099a8058';
const place: Place = {
  workspaceId: '01890a5d-0000-7000-8000-000000000001',
  table: 'inbound_message',
  rowId: '01890a5d-0000-7000-8000-000000000002',
  column: 'code_sealed',
};
const hex = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('hex');

const generated = await generateVaultKeyPair();
const vault = await importVaultKeyPair(ID, generated.privateKey.reveal());
const ingestor = await importVaultPublicKey(ID, generated.publicKey);

/** The code of the EnvelopeError that opening ends with. */
async function refusal(sealed: Uint8Array, where = place, keyPair = vault): Promise<string> {
  try {
    await openInVault(keyPair, sealed, where);
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code;
    throw error;
  }
  return 'opened';
}

describe('the suite', () => {
  // cfrg/draft-irtf-cfrg-hpke test-vectors.json (RFC 9180, appendix A): mode 0, kem 0x0010, kdf 0x0001, aead 0x0002.
  const vector = {
    info: hex('4f6465206f6e2061204772656369616e2055726e'),
    ikmE: hex('a90d3417c3da9cb6c6ae19b4b5dd6cc9529a4cc24efb7ae0ace1f31887a8cd6c'),
    ikmR: hex('a0ce15d49e28bd47a18a97e147582d814b08cbe00109fed5ec27d1b4e9f6f5e3'),
    skRm: '317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2',
    pkRm:
      '04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f' +
      '853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c',
    enc:
      '04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e' +
      '0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0',
    aad: hex('436f756e742d30'),
    pt: hex('4265617574792069732074727574682c20747275746820626561757479'),
    ct: '58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f',
  };

  it('derives, seals and opens the published vector of RFC 9180', async () => {
    const recipient = await suite.kem.deriveKeyPair(vector.ikmR);
    expect(toHex(await suite.kem.serializePrivateKey(recipient.privateKey))).toBe(vector.skRm);
    expect(toHex(await suite.kem.serializePublicKey(recipient.publicKey))).toBe(vector.pkRm);

    const sender = { recipientPublicKey: recipient.publicKey, info: vector.info, ekm: vector.ikmE };
    const { enc, ct } = await suite.seal(sender, vector.pt, vector.aad);
    expect([toHex(enc), toHex(ct)]).toEqual([vector.enc, vector.ct]);

    const receiver = { recipientKey: recipient, enc: hex(vector.enc), info: vector.info };
    expect(toHex(await suite.open(receiver, hex(vector.ct), vector.aad))).toBe(toHex(vector.pt.buffer));
  });

  it('opens the published vector with a pair imported from its private half alone', async () => {
    const { keys, publicKey } = await importVaultKeyPair(ID, hex(vector.skRm));
    expect(Buffer.from(publicKey).toString('hex')).toBe(vector.pkRm);
    const receiver = { recipientKey: keys, enc: hex(vector.enc), info: vector.info };
    expect(toHex(await suite.open(receiver, hex(vector.ct), vector.aad))).toBe(toHex(vector.pt.buffer));
  });
});

describe('a value sealed to the vault', () => {
  it('opens in the vault, whatever its bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (plaintext) => {
        const opened = await openInVault(vault, await sealToVault(ingestor, plaintext, place), place);
        expect(opened.reveal()).toEqual(Buffer.from(plaintext));
      }),
      { numRuns: 30 },
    );
  });

  it('may be a text, nothing, or a megabyte', async () => {
    const text = await openInVault(vault, await sealToVault(ingestor, 'Ihr Code: 287 082 ✓', place), place);
    expect(text.reveal().toString()).toBe('Ihr Code: 287 082 ✓');
    for (const plaintext of [Buffer.alloc(0), Buffer.alloc(1_048_576, 0xa5)]) {
      const opened = await openInVault(vault, await sealToVault(ingestor, plaintext, place), place);
      expect(opened.reveal().equals(plaintext)).toBe(true);
    }
  });

  it('says which key pair opens it, and not how long the code is', async () => {
    const [four, eight] = [await sealToVault(ingestor, '2870', place), await sealToVault(ingestor, '28708212', place)];
    expect(describeSealed(four)).toEqual({ version: 1, algorithm: 'hpke', keyId: ID });
    expect([four.length, eight.length]).toEqual([163, 163]);
    expect(Buffer.from(four).equals(await sealToVault(ingestor, '2870', place))).toBe(false);
  });

  it('does not open in another workspace, table, row or column', async () => {
    const sealed = await sealToVault(ingestor, '287082', place);
    expect(await refusal(sealed)).toBe('opened');
    for (const moved of [
      { ...place, workspaceId: OTHER_ID },
      { ...place, table: 'received_code' },
      { ...place, rowId: OTHER_ID },
      { ...place, column: 'body_sealed' },
    ])
      expect(await refusal(sealed, moved)).toBe('not_authentic');
  });

  it('does not open with one bit flipped, in any byte', async () => {
    const sealed = await sealToVault(ingestor, '287082', place);
    const codes: string[] = [];
    for (const index of sealed.keys())
      codes.push(await refusal(sealed.map((byte, at) => (at === index ? byte ^ (1 << (index % 8)) : byte))));
    expect(codes.slice(0, 2)).toEqual(['unknown_version', 'unknown_algorithm']);
    expect(new Set(codes.slice(2, 18))).toEqual(new Set(['wrong_key']));
    expect(new Set(codes.slice(18))).toEqual(new Set(['not_authentic']));
  });

  it('does not open cut short, at any length', async () => {
    const sealed = await sealToVault(ingestor, '287082', place);
    const codes: string[] = [];
    for (const length of sealed.keys()) codes.push(await refusal(sealed.subarray(0, length)));
    expect(new Set(codes.slice(0, 18 + 65 + 16))).toEqual(new Set(['truncated']));
    expect(new Set(codes.slice(18 + 65 + 16))).toEqual(new Set(['not_authentic']));
  });

  it('does not open with another key pair, nor under another id of the same one', async () => {
    const sealed = await sealToVault(ingestor, '287082', place);
    const stranger = (await generateVaultKeyPair()).privateKey.reveal();
    expect(await refusal(sealed, place, await importVaultKeyPair(OTHER_ID, stranger))).toBe('wrong_key');
    expect(await refusal(sealed, place, await importVaultKeyPair(ID, stranger))).toBe('not_authentic');
    const renamed = await importVaultKeyPair(OTHER_ID, generated.privateKey.reveal());
    expect(await refusal(sealed, place, renamed)).toBe('wrong_key');
    const relabelled = Uint8Array.from(sealed, (byte, at) => (at === 17 ? 0x58 : byte));
    expect(await refusal(relabelled, place, renamed)).toBe('not_authentic');
  });
});

describe("the vault's key pair", () => {
  it('has the same public half after it was kept as bytes', () => {
    expect(vault.publicKey).toEqual(generated.publicKey);
    expect([generated.publicKey.length, generated.privateKey.reveal().length]).toEqual([65, 32]);
  });

  it('is refused when it is no key of the curve, or its id no UUID', async () => {
    const invalidKey = expect.objectContaining({ name: 'EnvelopeError', code: 'invalid_key' });
    const offCurve = generated.publicKey.map((byte, at) => (at === 64 ? byte ^ 1 : byte));
    for (const bytes of [offCurve, new Uint8Array(65), generated.publicKey.subarray(1), new Uint8Array(0)])
      await expect(importVaultPublicKey(ID, bytes)).rejects.toThrow(invalidKey);
    for (const bytes of [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)])
      await expect(importVaultKeyPair(ID, bytes)).rejects.toThrow(invalidKey);
    await expect(importVaultPublicKey('1', generated.publicKey)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_id' }),
    );
  });
});
