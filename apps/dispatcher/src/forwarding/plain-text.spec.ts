import { describe, expect, it } from '@jest/globals';
import { plainText } from './plain-text.js';

describe('an HTML mail as text', () => {
  it('has its words, a line for each block, and where its links lead', () => {
    const html = `<head><title>x</title><style>p { color: red }</style></head><body><!-- no --><h1>Hello &amp; welcome</h1>
      <p>Your code is <b>123&nbsp;456</b>.<br>Or <a class="x" href="https://example.com/a?b=1&amp;c=2">sign in</a>.</p>
      <table><tr><td>1</td><td>2</td></tr></table><script>alert(1)</script></body>`;
    expect(plainText(html)).toBe(
      'Hello & welcome\n\nYour code is 123 456.\nOr sign in <https://example.com/a?b=1&c=2>.\n\n1 2',
    );
  });

  it('has no links but web addresses, and no half of an entity', () => {
    expect(plainText('<a href="javascript:alert(1)">here</a> &#x1F600;&#xD800;&unknown;')).toBe('here 😀&unknown;');
  });

  it.each([
    ['open tags', '<a href="'.repeat(60_000)],
    ['unclosed styles', '<style>'.repeat(60_000)],
    ['comments', '<!--'.repeat(60_000)],
    ['spaces', `<p>${' '.repeat(400_000)}x`],
    ['ampersands', '&#'.repeat(200_000)],
  ])('costs little for %s without end', (_, html) => {
    const started = performance.now();
    plainText(html);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
