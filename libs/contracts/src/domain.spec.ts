import { describe, expect, it } from '@jest/globals';
import { normaliseDomain } from './domain.js';

describe('normaliseDomain', () => {
  it.each([
    ['github.com', 'github.com'],
    ['https://GitHub.com/login', 'github.com'],
    ['http://www.github.com:8080/a?b#c', 'github.com'],
    ['www.github.com.', 'github.com'],
    ['//github.com', 'github.com'],
    ['https://user:pass@github.com/', 'github.com'],
    ['  github.com  ', 'github.com'],
    ['https://accounts.google.com', 'accounts.google.com'],
    ['https://bücher.example/x', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['localhost:3000', 'localhost'],
    ['www.com', 'www.com'],
    ['10.0.0.7', '10.0.0.7'],
  ])('takes %s for %s', (text, domain) => {
    expect(normaliseDomain(text)).toBe(domain);
  });

  it.each(['', '   ', 'https://', 'a b.com', 'exa mple', '-x.com', 'x..com', '.', 'https:///path', 'a'.repeat(3_000)])(
    'finds no host in %j',
    (text) => {
      expect(normaliseDomain(text)).toBeNull();
    },
  );

  it('is stable: a normalised domain stays as it is', () => {
    for (const text of ['https://www.Example.com/x', 'BÜCHER.example']) {
      const once = normaliseDomain(text);
      expect(normaliseDomain(once ?? '')).toBe(once);
    }
  });
});
