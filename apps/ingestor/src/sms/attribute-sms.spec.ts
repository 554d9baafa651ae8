import { describe, expect, it } from '@jest/globals';
import { attributeSms, originBoundDomain } from './attribute-sms.js';

const credential = (domain: string, hint: unknown = null) => ({ credentialId: domain, domain, hint });
const github = credential('github.com');
const gitlab = credential('gitlab.com');

describe('attributeSms', () => {
  const who = (text: string, awaiting: ReturnType<typeof credential>[], from = '+13125550142') => {
    const attribution = attributeSms({ from, text }, awaiting);
    return 'ambiguous' in attribution ? attribution.ambiguous : attribution.credentialId;
  };

  it('follows the domain that the code is bound to, and nothing else beside it', () => {
    expect(who('Your GitLab code is 1234.\n\n@github.com #1234', [github, gitlab])).toBe('github.com');
    expect(who('1234\n@login.github.com #1234', [github, gitlab])).toBe('github.com');
    expect(who('Your GitHub code is 1234\n@evil.example #1234', [github])).toBe('fits_no_open_challenge');
  });

  it('follows the sender that a hint expects', () => {
    const bank = credential('bank.example', { sender: '+1 (800) 555-0100' });
    expect(who('Code 1234', [bank, github], '+18005550100')).toBe('bank.example');
    expect(who('Code 1234', [bank], '+18005550101')).toBe('fits_no_open_challenge');
    expect(who('Code 1234', [credential('x.example', { sender: 'MyBank' })], 'MYBANK')).toBe('x.example');
    expect(who('Your bank code 1234', [bank], '+19995550101')).toBe('fits_no_open_challenge');
  });

  it('follows the name of the service, in the text or as the sender', () => {
    expect(who('Your GitHub code is 1234', [github, gitlab])).toBe('github.com');
    expect(who('Code: 1234', [github, gitlab], 'GitHub')).toBe('github.com');
    expect(who('1234 is your Bank of America code', [credential('secure.bankofamerica.com'), github])).toBe(
      'secure.bankofamerica.com',
    );
    expect(who('Ihr Code für accounts Google: 1234', [credential('accounts.google.co.uk')])).toBe(
      'accounts.google.co.uk',
    );
  });

  it('withholds what fits none, or more than one', () => {
    expect(who('Your code is 1234', [])).toBe('no_open_challenge');
    expect(who('Your code is 1234', [github])).toBe('fits_no_open_challenge');
    expect(who('Your GitHub code is 1234', [github, { ...github, credentialId: 'twin' }])).toBe(
      'fits_several_open_challenges',
    );
    expect(who('GitHub and GitLab: 1234', [github, gitlab])).toBe('fits_several_open_challenges');
  });

  it('takes a name for itself, not for a part of a word', () => {
    expect(who('Your uberous code 1234', [credential('uber.com')])).toBe('fits_no_open_challenge');
    expect(who('a.b: 1234', [credential('x.com')])).toBe('fits_no_open_challenge');
  });
});

describe('originBoundDomain', () => {
  it.each([
    ['747723 is your code.\n\n@example.com #747723', 'example.com'],
    ['747723\n@EXAMPLE.com #747723 %ads.example\n', 'example.com'],
    ['your code @example.com #1\nbye', null],
    ['mail me@example.com #1', null],
  ])('reads the last line alone', (text, domain) => {
    expect(originBoundDomain(text)).toBe(domain);
  });
});
