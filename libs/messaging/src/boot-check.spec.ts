import { describe, expect, it } from '@jest/globals';
import { BootCheckError, checkHandlers } from './boot-check.js';

describe('the boot check', () => {
  it('is content when every name has exactly one handler', () => {
    expect(() => checkHandlers('pattern', ['a', 'b'], ['b', 'a'])).not.toThrow();
  });

  it('names all that is wrong at once', () => {
    const check = () => checkHandlers('queue', ['a', 'b', 'c', 'c'], ['b', 'b', 'c', 'd']);
    expect(check).toThrow(BootCheckError);
    expect(check).toThrow('queue a has no handler');
    expect(check).toThrow('queue b has more than one handler');
    expect(check).toThrow('queue c is declared more than once');
    expect(check).toThrow('queue d is handled but not declared');
  });
});
