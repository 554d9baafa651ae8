import { describe, expect, it } from '@jest/globals';
import type { AuthResults } from '@otpost/contracts';
import { providerResults } from './provider-results.js';
import { needsResults, refusalOf } from './sender-policy.js';

const results = (overrides: Partial<AuthResults> = {}): AuthResults => ({
  checked_by: 'otpost',
  spf: { result: 'none', domain: null },
  dkim: [],
  dmarc: { result: 'none', domain: null, policy: null },
  authenticated_domain: null,
  ...overrides,
});
const proven = results({ authenticated_domain: 'github.com' });
const anyone = { requireAuth: false, allowedSenderDomains: [] };
const strict = { requireAuth: true, allowedSenderDomains: [] };
const expecting = { requireAuth: false, allowedSenderDomains: ['GitHub.com'] };
const both = { requireAuth: true, allowedSenderDomains: ['github.com'] };

describe('refusalOf', () => {
  it('wants proof where proof is required', () => {
    expect(refusalOf(strict, 'github.com', proven)).toBeNull();
    expect(refusalOf(strict, 'github.com', results())).toBe('sender_not_authenticated');
    expect(refusalOf(strict, null, results())).toBe('sender_not_authenticated');
  });

  it('tells what could not be verified from what failed', () => {
    const late = results({
      spf: { result: 'temperror', domain: null },
      dmarc: { result: 'temperror', domain: null, policy: null },
    });
    expect(refusalOf(strict, 'github.com', late)).toBe('sender_could_not_be_verified');
  });

  it('takes expected domains and their subdomains, and no others', () => {
    expect(refusalOf(expecting, 'github.com', results())).toBeNull();
    expect(refusalOf(expecting, 'mail.github.com', results())).toBeNull();
    expect(refusalOf(expecting, 'evilgithub.com', results())).toBe('sender_domain_not_allowed');
    expect(refusalOf(expecting, null, results())).toBe('sender_domain_not_allowed');
    expect(refusalOf(both, 'github.com', results())).toBe('sender_not_authenticated');
    expect(refusalOf(both, 'evil.example', results({ authenticated_domain: 'evil.example' }))).toBe(
      'sender_domain_not_allowed',
    );
  });

  it('refuses an expected domain that a check says is forged', () => {
    const failed = [
      results({ dmarc: { result: 'fail', domain: 'github.com', policy: 'none' } }),
      results({ spf: { result: 'fail', domain: 'github.com' } }),
      results({ dkim: [{ result: 'fail', domain: 'mail.github.com', selector: 's' }] }),
    ];
    for (const one of failed) expect(refusalOf(expecting, 'github.com', one)).toBe('sender_looks_forged');
    const ofForwarder = results({ spf: { result: 'fail', domain: 'gmail.com' } });
    expect(refusalOf(expecting, 'github.com', ofForwarder)).toBeNull();
    const provenToo = { ...proven, spf: { result: 'fail' as const, domain: 'github.com' } };
    expect(refusalOf(expecting, 'github.com', provenToo)).toBeNull();
  });

  it('asks nothing where nothing is asked', () => {
    expect(needsResults(anyone)).toBe(false);
    expect(needsResults(strict) && needsResults(expecting)).toBe(true);
  });
});

describe('providerResults', () => {
  const given = {
    spf: 'pass',
    dkim: '{@github.com : pass}',
    mailFrom: 'bounce@mail.github.com',
    fromDomain: 'github.com',
  };

  it('reads what SendGrid says', () => {
    expect(providerResults(given)).toEqual({
      checked_by: 'sendgrid',
      spf: { result: 'pass', domain: 'mail.github.com' },
      dkim: [{ result: 'pass', domain: 'github.com', selector: null }],
      dmarc: { result: 'none', domain: null, policy: null },
      authenticated_domain: 'github.com',
    });
    expect(providerResults({ ...given, dkim: '{@a.example : fail, @github.com : pass}', spf: null }).dkim).toHaveLength(
      2,
    );
  });

  it('proves nothing of another domain, and nothing by a failure', () => {
    expect(providerResults({ ...given, fromDomain: 'gitlab.com' }).authenticated_domain).toBeNull();
    expect(
      providerResults({ ...given, spf: 'softfail', dkim: '{@github.com : fail}' }).authenticated_domain,
    ).toBeNull();
    expect(providerResults({ ...given, spf: 'nonsense', dkim: 'none' })).toMatchObject({
      spf: { result: 'temperror' },
      dkim: [],
    });
  });
});
