import { createECDH, type ECDH, type webcrypto } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CURVE, hpkeOpen, hpkeSeal } from './hpke.js';

declare global {
  // The types of @hpke/core name these; those of Node 20 have them under `webcrypto` only.
  type CryptoKey = webcrypto.CryptoKey;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
}

const independent = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

const hex = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'hex'));

/** The private key that the RFC's `DeriveKeyPair` gives for this seed. */
async function derived(seed: Uint8Array): Promise<ECDH> {
  const { privateKey } = await independent.kem.deriveKeyPair(seed);
  const key = createECDH(CURVE);
  key.setPrivateKey(new Uint8Array(await independent.kem.serializePrivateKey(privateKey)));
  return key;
}

/** Everything that goes into one sealing. */
const inputs = fc.record({
  seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  plaintext: fc.uint8Array({ maxLength: 200 }),
  info: fc.uint8Array({ maxLength: 100 }),
  associatedData: fc.uint8Array({ maxLength: 100 }),
});

describe('HPKE', () => {
  // cfrg/draft-irtf-cfrg-hpke test-vectors.json (RFC 9180, appendix A): mode 0, kem 0x0010, kdf 0x0001, aead 0x0002.
  const vector = {
    ikmE: hex('a90d3417c3da9cb6c6ae19b4b5dd6cc9529a4cc24efb7ae0ace1f31887a8cd6c'),
    ikmR: hex('a0ce15d49e28bd47a18a97e147582d814b08cbe00109fed5ec27d1b4e9f6f5e3'),
    skRm: '317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2',
    pkRm:
      '04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f' +
      '853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c',
    enc:
      '04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e' +
      '0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0',
    context: { info: hex('4f6465206f6e2061204772656369616e2055726e'), associatedData: hex('436f756e742d30') },
    pt: hex('4265617574792069732074727574682c20747275746820626561757479'),
    ct: '58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f',
  };

  it('seals and opens the published vector of RFC 9180', async () => {
    const [recipient, ephemeral] = [await derived(vector.ikmR), await derived(vector.ikmE)];
    expect([recipient.getPrivateKey('hex'), recipient.getPublicKey('hex')]).toEqual([vector.skRm, vector.pkRm]);
    const sealed = hpkeSeal(recipient.getPublicKey(), vector.pt, vector.context, ephemeral);
    expect(sealed.toString('hex')).toBe(vector.enc + vector.ct);
    expect(hpkeOpen(recipient, sealed, vector.context)).toEqual(Buffer.from(vector.pt));
  });

  it('is opened by an independent implementation', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async ({ seed, plaintext, info, associatedData }) => {
        const sealed = hpkeSeal((await derived(seed)).getPublicKey(), plaintext, { info, associatedData });
        const recipientKey = await independent.kem.deriveKeyPair(seed);
        const params = { recipientKey, enc: new Uint8Array(sealed.subarray(0, 65)), info };
        const opened = await independent.open(params, new Uint8Array(sealed.subarray(65)), associatedData);
        expect(Buffer.from(opened)).toEqual(Buffer.from(plaintext));
      }),
    );
  });

  it('opens what an independent implementation seals', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async ({ seed, plaintext, info, associatedData }) => {
        const { publicKey } = await independent.kem.deriveKeyPair(seed);
        const { enc, ct } = await independent.seal({ recipientPublicKey: publicKey, info }, plaintext, associatedData);
        const sealed = Buffer.concat([new Uint8Array(enc), new Uint8Array(ct)]);
        expect(hpkeOpen(await derived(seed), sealed, { info, associatedData })).toEqual(Buffer.from(plaintext));
      }),
    );
  });

  it('takes a fresh ephemeral key each time', () => {
    const recipient = createECDH(CURVE);
    recipient.generateKeys();
    const context = { info: hex(''), associatedData: hex('') };
    const sealed = Array.from({ length: 100 }, () => hpkeSeal(recipient.getPublicKey(), hex('00'), context));
    expect(new Set(sealed.map((bytes) => bytes.toString('hex', 0, 65))).size).toBe(100);
  });

  it('does not open with other info or associated data', async () => {
    const recipient = await derived(vector.ikmR);
    const sealed = hpkeSeal(recipient.getPublicKey(), vector.pt, vector.context);
    const refused = expect.objectContaining({ code: 'not_authentic' });
    for (const other of [{ info: hex('00') }, { associatedData: hex('00') }])
      expect(() => hpkeOpen(recipient, sealed, { ...vector.context, ...other })).toThrow(refused);
  });
});
