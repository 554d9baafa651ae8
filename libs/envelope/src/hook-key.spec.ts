import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openWithHookKey, sealWithHookKey } from './hook-key.js';
import { type Place } from './sealed-header.js';

const hookKey = randomBytes(32);
const token = 'f00dfeedf00dfeedf00dfeedf00dfeed';
const place: Place = { workspaceId: 'w1', table: 'phone_number', rowId: 'n1', column: 'auth_token' };

describe('sealing to the hook key', () => {
  it('opens where it was sealed, as a secret', () => {
    const opened = openWithHookKey(hookKey, sealWithHookKey(hookKey, token, place), place);
    expect(opened.reveal()).toBe(token);
    expect(String(opened)).toBe('[redacted]');
  });

  it('never gives the same bytes twice, and no length below a block', () => {
    const once = sealWithHookKey(hookKey, token, place);
    expect(Buffer.from(once).equals(sealWithHookKey(hookKey, token, place))).toBe(false);
    expect(sealWithHookKey(hookKey, 'short', place)).toHaveLength(once.length);
  });

  it.each(['workspaceId', 'table', 'rowId', 'column'] as const)('does not open with another %s', (part) => {
    const sealed = sealWithHookKey(hookKey, token, place);
    expect(() => openWithHookKey(hookKey, sealed, { ...place, [part]: 'other' })).toThrow(
      expect.objectContaining({ code: 'not_authentic' }),
    );
  });

  it('does not open altered, cut, or under another key', () => {
    const sealed = sealWithHookKey(hookKey, token, place);
    for (let index = 1; index < sealed.length; index += 7) {
      const altered = Uint8Array.from(sealed);
      altered[index] = (altered[index] ?? 0) ^ 1;
      expect(() => openWithHookKey(hookKey, altered, place)).toThrow(
        expect.objectContaining({ code: 'not_authentic' }),
      );
    }
    expect(() => openWithHookKey(randomBytes(32), sealed, place)).toThrow(
      expect.objectContaining({ code: 'not_authentic' }),
    );
    for (const length of [0, 1, 20]) {
      expect(() => openWithHookKey(hookKey, sealed.subarray(0, length), place)).toThrow(
        expect.objectContaining({ code: 'truncated' }),
      );
    }
  });

  it('refuses a format it does not know', () => {
    const sealed = Uint8Array.from(sealWithHookKey(hookKey, token, place));
    sealed[0] = 2;
    expect(() => openWithHookKey(hookKey, sealed, place)).toThrow(expect.objectContaining({ code: 'unknown_version' }));
  });
});
