import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { extract } from './extract.js';
import type { Expectation, Message } from './message.js';

const million = 1_048_576;

/**
 * What an attacker can send. The aim is 50 ms on an idle core (bench/extract.mjs). Here it is processor time, three
 * parts at once and code that is not yet compiled: still far below what anything quadratic takes on a megabyte.
 */
const boundMilliseconds = 400;

const units: Record<string, string> = {
  'nested tags': '<div>',
  'unclosed tags': '<a href="x',
  'unclosed comments': '<!-- ',
  'nested tables': '<table><tr><td>',
  'mismatched ends': '<b></i>',
  'hidden spans': '<span style="display:none">1</span>',
  'many styles': '<style>.a{display:none}',
  entities: '&#49;&amp;',
  ampersands: '&',
  'long digit runs': '1',
  'many numbers': '123456 ',
  'single digits': '1 ',
  'dashed digits': '1-',
  'many codes': 'code 123456 ',
  'many links': 'https://a.example/verify?t=1 ',
  'one long link': 'https://',
  'many anchors': '<a href="https://a.example/verify?t=1">verify</a>',
  spaces: ' ',
  'spaced lines': ' \n',
  'quoted lines': '> code 123456\n',
  'zero-width characters': '1\u200b',
  'right-to-left marks': '\u202e\u0661\u0662 ',
  'unspaced script': '验证码',
  'combining accents': 'e\u0301',
  'at signs': '@a.b #1 ',
  'equals signs': '=41',
  'soft line breaks': '=\r\n',
  'encoded words': '=?utf-8?b?',
  'dashed letters': 'a-',
  'dotted letters': 'a.',
  brackets: '((((',
  stars: '*',
  surrogates: '\ud835',
};

describe('a megabyte of', () => {
  test.each(Object.entries(units))('%s is answered in bounded time', (_, unit) => {
    const content = unit.repeat(Math.floor(million / unit.length));
    const fastest = Math.min(
      ...[1, 2].map(() => timeOf({ channel: 'email', subject: content, text: content, html: content })),
    );
    expect(fastest).toBeLessThan(boundMilliseconds);
  });

  test('a hint pattern that would blow up a backtracking engine', () => {
    const message: Message = { channel: 'sms', text: 'a'.repeat(million) };
    expect(timeOf(message, { hint: { pattern: '(a+)+$|(a|aa)+b' } })).toBeLessThan(boundMilliseconds);
  });
});

test('answers every message, and the same message always the same', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...Object.values(units), 'Your code is 123456', '<td>', '</td>', 'href="', "'", '\n', '$', 'Re: '),
    fc.nat({ max: 99_999_999 }).map(String),
  );
  const part = fc.option(fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')));
  fc.assert(
    fc.property(part, part, part, part, (from, subject, text, html) => {
      const message = { channel: 'email', from, subject, text, html } as const;
      const extraction = extract(message);
      expect(extraction.confidence).toBeGreaterThanOrEqual(0);
      expect(extraction.confidence).toBeLessThanOrEqual(1);
      expect(extraction.candidates.length).toBeLessThanOrEqual(20);
      expect(extract(message)).toEqual(extraction);
    }),
    { numRuns: 300 },
  );
});

function timeOf(message: Message, expectation: Expectation = {}): number {
  const before = process.cpuUsage();
  extract(message, expectation);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
