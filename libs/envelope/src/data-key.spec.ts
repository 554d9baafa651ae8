import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { DataKey } from './data-key.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('DataKey', () => {
  it('is 32 random bytes, each its own', () => {
    const [a, b] = [DataKey.generate(ID, 1), DataKey.generate(ID, 1)];
    expect(a.reveal()).toHaveLength(32);
    expect(a.reveal()).not.toEqual(b.reveal());
  });

  it('zeroes the bytes it was given, and refuses every use after that', () => {
    const bytes = new Uint8Array(32).fill(7);
    const key = new DataKey(ID, 1, bytes);
    key.destroy();
    key.destroy();
    expect(bytes).toEqual(new Uint8Array(32));
    expect(key.destroyed).toBe(true);
    expect(() => key.reveal()).toThrow(expect.objectContaining({ code: 'key_destroyed' }));
  });

  it('refuses other lengths, ids that are no UUID, and versions that count nothing', () => {
    expect(() => new DataKey(ID, 1, new Uint8Array(16))).toThrow(expect.objectContaining({ code: 'invalid_key' }));
    expect(() => new DataKey('7', 1, new Uint8Array(32))).toThrow(expect.objectContaining({ code: 'invalid_id' }));
    for (const version of [0, -1, 1.5, Number.NaN])
      expect(() => DataKey.generate(ID, version)).toThrow(expect.objectContaining({ code: 'invalid_key' }));
  });

  it('prints its id and no key', () => {
    const key = new DataKey(ID, 1, Buffer.from('canary-canary-canary-canary-1234'));
    const hex = Buffer.from(key.reveal()).toString('hex');
    for (const text of [JSON.stringify({ key }), inspect({ key }), inspect(key, { customInspect: false, depth: 5 })]) {
      expect(text).toContain('01890a5d');
      expect(text).not.toContain('canary');
      expect(text).not.toContain(hex);
    }
  });
});
