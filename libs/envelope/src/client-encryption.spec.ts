import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';

import { decryptData, encryptData } from 'cloudcruise/dist/vault/utils.js';
import fc from 'fast-check';
import { encryptForClient, generateClientEncryptionKey, readFromClient } from './client-encryption.js';
import { Secret } from './secret.js';

const key = new Secret('00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210');
const refused = expect.objectContaining({ name: 'EnvelopeError', code: 'client_value_refused' });
const read = (field: string): [unknown, boolean] => {
  const { value, encrypted } = readFromClient(key, field);
  return [value.reveal(), encrypted];
};

describe('client encryption', () => {
  it('is lower-case hex of a fresh IV, ciphertext and tag', () => {
    const [one, two] = [encryptForClient(key, 'hunter2'), encryptForClient(key, 'hunter2')];
    expect(one).toMatch(/^[0-9a-f]+$/);
    expect(one).toHaveLength(2 * (12 + '"hunter2"'.length + 16));
    expect(one.slice(0, 24)).not.toBe(two.slice(0, 24));
  });

  it('is read by the client of npm', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await decryptData(encryptForClient(key, value), key.reveal())).toEqual(
          JSON.parse(JSON.stringify(value)) as unknown,
        );
      }),
    );
  });

  it('reads what the client of npm encrypts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (value) => {
        expect(read(await encryptData(value, key.reveal()))).toEqual([value, true]);
      }),
    );
  });

  it('reads what it encrypts, back to the same JSON', () => {
    fc.assert(
      fc.property(
        fc.jsonValue().filter((value) => JSON.stringify(value).length >= 2),
        (value) => {
          expect(read(encryptForClient(key, value))).toEqual([JSON.parse(JSON.stringify(value)), true]);
        },
      ),
    );
  });

  it('takes for plaintext what does not look encrypted', () => {
    const sixty = 'ab'.repeat(30);
    for (const plaintext of [
      '',
      'hunter2',
      'JBSWY3DPEHPK3PXP',
      'deadbeef',
      'ab'.repeat(29),
      `${sixty}a`,
      sixty.toUpperCase(),
      `${sixty}zz`,
      ` ${sixty} `,
      `${sixty}\n`,
      encryptForClient(key, 'x').toUpperCase(),
    ])
      expect(read(plaintext)).toEqual([plaintext, false]);
  });

  it('takes any string that is not hex for plaintext, as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/^[0-9a-f]{60,}$/.test(text));
        expect(read(text)).toEqual([text, false]);
      }),
    );
  });

  it('refuses what looks encrypted and is not: other key, any flipped byte, a password of 64 hex digits', () => {
    const field = encryptForClient(key, 'hunter2');
    const altered = Array.from({ length: field.length / 2 }, (_, at) => {
      const bytes = Buffer.from(field, 'hex');
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes.toString('hex');
    });
    const others = [encryptForClient(generateClientEncryptionKey(), 'hunter2'), 'ab'.repeat(30), 'c0ffee42'.repeat(8)];
    for (const each of [...altered, ...others, field + '00']) expect(() => readFromClient(key, each)).toThrow(refused);
  });

  it('refuses what authenticates and is no JSON, without quoting it', () => {
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.reveal(), 'hex'), Buffer.alloc(12));
    const body = Buffer.concat([cipher.update('canary'), cipher.final()]);
    const field = Buffer.concat([Buffer.alloc(12), body, cipher.getAuthTag()]).toString('hex');
    expect(() => readFromClient(key, field)).toThrow(refused);
    expect(() => readFromClient(key, field)).not.toThrow(/canary/);
  });

  it('refuses keys that are not 64 hex digits, and values that JSON does not have', () => {
    const invalidKey = expect.objectContaining({ code: 'invalid_key' });
    for (const bad of ['', 'ab'.repeat(16), `${'ab'.repeat(31)}zz`, `${key.reveal()}ab`])
      expect(() => encryptForClient(new Secret(bad), 'x')).toThrow(invalidKey);
    expect(() => encryptForClient(key, undefined)).toThrow(expect.objectContaining({ code: 'invalid_value' }));
  });

  it('makes keys that both sides take', async () => {
    const fresh = generateClientEncryptionKey();
    expect(fresh.reveal()).toMatch(/^[0-9a-f]{64}$/);
    expect(await decryptData(encryptForClient(fresh, 'x'), fresh.reveal())).toBe('x');
  });
});
