import { describe, expect, test } from '@jest/globals';
import { corpora, measure, readCorpus, type Measurement } from './testing/corpora.js';

/**
 * Every corpus was written and measured before anything was tuned on it (the first readings are in the commits that
 * brought them); what is asserted here is what holds since. A failure prints the messages that went wrong.
 */
describe.each(corpora)('%s', (name) => {
  test('is answered with a precision of at least 0.98 and a recall of at least 0.95', () => {
    expectAtLeast(measure(readCorpus(name)), 0.98, 0.95);
  });
});

test('all of them together are answered with a precision of at least 0.99 and a recall of at least 0.98', () => {
  expectAtLeast(measure(corpora.flatMap(readCorpus)), 0.99, 0.98);
});

function expectAtLeast(
  { precision, recall, failures }: Measurement,
  leastPrecision: number,
  leastRecall: number,
): void {
  const wrong = failures.map(({ message, extraction: { code, link, reason } }) => ({
    message: `${message.id} ${(message.text ?? message.subject ?? '').slice(0, 120)}`,
    expected: message.expect,
    given: { code, link, reason },
  }));
  const isEnough = precision >= leastPrecision && recall >= leastRecall;
  expect({ precision, recall, wrong, isEnough }).toEqual({ precision, recall, wrong, isEnough: true });
}
