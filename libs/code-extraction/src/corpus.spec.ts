import { describe, expect, test } from '@jest/globals';
import { measure, readCorpus } from './testing/corpora.js';

/** Every corpus was measured once before anything was tuned on it; what is asserted here is what holds since. */
describe.each([
  ['sample', 1, 1],
  ['corpus-1', 0.99, 0.97],
  ['corpus-2', 0.98, 0.97],
  ['corpus-3', 0.98, 0.97],
  ['corpus-4', 0.98, 0.97],
  ['corpus-5', 0.98, 0.97],
  ['corpus-6', 0.98, 0.97],
  ['corpus-7', 0.98, 0.96],
  ['corpus-8', 0.98, 0.97],
])('%s', (name, precision, recall) => {
  const measured = measure(readCorpus(name));

  test(`is answered with a precision of at least ${precision} and a recall of at least ${recall}`, () => {
    const failures = measured.failures.map(({ message, extraction }) => ({
      id: message.id,
      expected: message.expect,
      given: { code: extraction.code, link: extraction.link, reason: extraction.reason },
    }));
    expect({ failures, enough: measured.precision >= precision && measured.recall >= recall }).toEqual({
      failures: expect.anything(),
      enough: true,
    });
  });
});

test('never answers with a code from one of the fixed traps of the sample', () => {
  const wrong = measure(readCorpus('sample')).failures.filter(({ extraction }) => extraction.code !== null);
  expect(wrong.map(({ message }) => message.id)).toEqual([]);
});
