import { describe, expect, it } from '@jest/globals';
import { encryptForClient, generateClientEncryptionKey, Secret } from '@otpost/envelope';
import { readClientField, showClientField } from './client-fields.js';

const key = generateClientEncryptionKey();
const read = (text: string) => readClientField(key, 'password', new Secret(text));

describe('a field that a client may encrypt', () => {
  it('is plaintext or the encryption of a text', () => {
    expect(read('hunter2').text?.reveal()).toBe('hunter2');
    expect(read('hunter2').encrypted).toBe(false);
    expect(read(encryptForClient(key, 'hunter2')).text?.reveal()).toBe('hunter2');
    expect(read(encryptForClient(key, '')).encrypted).toBe(true);
    expect(read(encryptForClient(key, null))).toEqual({ text: null, encrypted: false });
  });

  it.each([[42], [true], [['a']], [{ a: 1 }]])('is refused as the encryption of %j', (value) => {
    const text = encryptForClient(key, value);
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'validation_failed', fields: [expect.objectContaining({ path: 'password' })] }),
    );
  });

  it('is refused under another key, without its content in the message', () => {
    const text = encryptForClient(generateClientEncryptionKey(), 'hunter2');
    expect(() => read(text)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(text.slice(0, 8)) }),
    );
  });

  it('is shown encrypted afresh, or not at all', () => {
    const [one, other] = [showClientField(key, new Secret('x'), true), showClientField(key, new Secret('x'), true)];
    expect(one?.reveal()).not.toBe(other?.reveal());
    expect(read(one?.reveal() ?? '').text?.reveal()).toBe('x');
    expect(showClientField(key, new Secret('x'), false)).toBeNull();
    expect(showClientField(key, null, true)).toBeNull();
  });
});
