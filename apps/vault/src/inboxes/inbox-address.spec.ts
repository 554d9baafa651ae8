import { describe, expect, it } from '@jest/globals';
import { generateLocalPart } from './inbox-address.js';

describe('the local part of an inbox', () => {
  it('is 90 random bits in lower-case letters and digits, without look-alikes', () => {
    const parts = Array.from({ length: 2_000 }, generateLocalPart);
    expect(new Set(parts).size).toBe(parts.length);
    for (const part of parts) expect(part).toMatch(/^[0-9a-hjkmnp-tv-z]{18}$/);
    // 32 symbols in equal shares: five bits a symbol.
    expect(new Set(parts.join('')).size).toBe(32);
  });
});
