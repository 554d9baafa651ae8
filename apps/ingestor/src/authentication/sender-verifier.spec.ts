import { afterEach, describe, expect, it } from '@jest/globals';
import { threadFrom } from '../testing/thread-from.js';
import type { DnsLookUp } from './dns.js';
import { SenderVerifier } from './sender-verifier.js';

const mail = {
  raw: Buffer.from('From: a@sender.example\r\nSubject: x\r\n\r\nhello\r\n'),
  fromDomain: 'sender.example',
  ip: '192.0.2.7',
  helo: 'mx.sender.example',
  mailFrom: 'bounce@sender.example',
  mta: 'inbox.example',
};
const never: DnsLookUp = () => new Promise(() => undefined);
const notFound = () => Promise.reject(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));

describe('SenderVerifier', () => {
  let verifier: SenderVerifier | undefined;

  const start = async (dns: DnsLookUp, timeLimitMs = 2_000) => {
    verifier = new SenderVerifier({ dns, timeLimitMs, thread: threadFrom('../authentication/verify-worker.ts') });
    await verifier.start();
    return verifier;
  };

  afterEach(async () => {
    await verifier?.close();
  });

  it('proves a domain by SPF, and not another one of the mail', async () => {
    const dns: DnsLookUp = (name, type) =>
      `${type} ${name}` === 'TXT sender.example' ? Promise.resolve([['v=spf1 ip4:192.0.2.7 -all']]) : notFound();
    const results = await (await start(dns)).verify(mail, 0);
    expect(results).toMatchObject({
      spf: { result: 'pass', domain: 'sender.example' },
      dmarc: { result: 'none' },
      authenticated_domain: 'sender.example',
    });
    const elsewhere = await verifier?.verify({ ...mail, fromDomain: 'other.example' }, 0);
    expect(elsewhere?.authenticated_domain).toBeNull();
  });

  it('proves nothing of a mail with two senders', async () => {
    const dns: DnsLookUp = (_name, type) => (type === 'TXT' ? Promise.resolve([['v=spf1 +all']]) : notFound());
    const raw = Buffer.from('From: a@sender.example\r\nFrom: b@bank.example\r\n\r\nhello\r\n');
    for (const fromDomain of ['sender.example', 'bank.example']) {
      const results = await (await start(dns)).verify({ ...mail, raw, fromDomain }, 0);
      expect(results.authenticated_domain).toBeNull();
      await verifier?.close();
    }
  });

  it('has an answer in time from a DNS that has none, for many mails at once', async () => {
    const slow = await start(never, 300);
    const startedAt = performance.now();
    const results = await Promise.all(Array.from({ length: 200 }, () => slow.verify(mail, 1)));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    for (const { spf, authenticated_domain } of results)
      expect([spf.result, authenticated_domain]).toEqual(['temperror', null]);
  });

  it('keeps what was known in time', async () => {
    const dns: DnsLookUp = (name, type) =>
      name === 'sender.example' && type === 'TXT'
        ? Promise.resolve([['v=spf1 ip4:192.0.2.7 -all']])
        : never(name, type);
    const results = await (await start(dns, 300)).verify(mail, 0);
    expect(results).toMatchObject({ spf: { result: 'pass' }, dmarc: { result: 'temperror' } });
  });

  it('does not do the work of more signatures than anyone needs', async () => {
    const asked: string[] = [];
    const dns: DnsLookUp = (name) => {
      asked.push(name);
      return notFound();
    };
    expect(await (await start(dns)).verify(mail, 9)).toMatchObject({
      spf: { result: 'permerror' },
      authenticated_domain: null,
    });
    expect(asked).toEqual([]);
  });
});
