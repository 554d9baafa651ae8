import { describe, expect, it } from '@jest/globals';
import { MemoryBudget } from './memory-budget.js';

describe('MemoryBudget', () => {
  it('refuses what all leases together may not have, and gives back what is released', () => {
    const budget = new MemoryBudget(100);
    const [one, other] = [budget.lease(), budget.lease()];
    one.grow(60);
    other.grow(40);
    expect(() => other.grow(1)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    one.release();
    one.release();
    other.grow(60);
    expect(budget.used).toBe(100);
    other.release();
    expect(budget.used).toBe(0);
  });
});
