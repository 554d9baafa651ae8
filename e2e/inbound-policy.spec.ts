import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { call } from './api.js';
import { DnsStandIn } from './dns-stand-in.js';
import { awaitCode, makeEntry, readCode, sendMail, someCode, until, type Entry } from './inbound-senders.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const dkim = {
  domainName: 'bank.example',
  keySelector: 'spec',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const dns = new DnsStandIn({
  'spec._domainkey.bank.example': `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
  '_dmarc.bank.example': 'v=DMARC1; p=reject',
});
let system: OwnSystem;
let workspace: Workspace;
let entry: Entry;

beforeAll(async () => {
  system = await startSystem({ environment: { OTPOST_DNS_SERVERS: await dns.start() } });
  workspace = await createWorkspace(system);
}, 120_000);

afterAll(async () => {
  await system.end();
  await dns.stop();
});

const key = () => workspace.apiKey;
const pathOf = ({ id }: Entry) => `/v1/credentials/${id}/inbound-policy`;
const change = (body: unknown, { id } = entry) =>
  call(system, `/v1/credentials/${id}/inbound-policy`, { method: 'PATCH', key: key(), body });
const mail = (code: string) => ({
  from: 'Bank <login@bank.example>',
  to: entry.tfa_email,
  text: `Your code is ${code}`,
});
const messages = async () => {
  const path = `/v1/messages?credential_id=${entry.id}`;
  return (await call<{ items: Record<string, unknown>[] }>(system, path, { key: key() })).body.items;
};

describe('the inbound policy of a credential', () => {
  it('takes mail of anybody until it is set, and is given back as it was set', async () => {
    entry = await makeEntry(system, workspace, 'plain.example');
    const anybodys = {
      credential_id: entry.id,
      extraction_hint: null,
      require_auth: false,
      allowed_sender_domains: [],
    };
    expect((await call(system, pathOf(entry), { key: key() })).body).toEqual(anybodys);
    const hint = { length: 8, alphabet: 'digits', pattern: 'code is ([0-9]+)', sender: 'login@bank.example' };
    const set = await change({ extraction_hint: hint, allowed_sender_domains: ['https://Bank.example/login'] });
    const expected = { ...anybodys, extraction_hint: hint, allowed_sender_domains: ['bank.example'] };
    expect([set.status, set.body]).toEqual([200, expected]);
    expect((await change({ require_auth: true })).body).toEqual({ ...expected, require_auth: true });
    expect((await call(system, pathOf(entry), { key: key() })).body).toEqual({ ...expected, require_auth: true });
    expect((await change({ extraction_hint: null })).body).toMatchObject({ extraction_hint: null, require_auth: true });
  });

  it('is refused with the field at fault, and then nothing of it is kept', async () => {
    entry = await makeEntry(system, workspace, 'faulty.example');
    const faults: [unknown, string][] = [
      [{ extraction_hint: { length: 2 } }, 'extraction_hint.length'],
      [{ extraction_hint: { alphabet: 'runes' } }, 'extraction_hint.alphabet'],
      [{ extraction_hint: { pattern: '([0-9]+' } }, 'extraction_hint.pattern'],
      [{ extraction_hint: { pattern: '(?=a)' } }, 'extraction_hint.pattern'],
      [{ extraction_hint: { pattern: '((a{1,100}){1,100}){1,100}' } }, 'extraction_hint.pattern'],
      [{ extraction_hint: { sender: 'a\u0000b.example' } }, 'extraction_hint.sender'],
      [{ extraction_hint: { regex: 'x' } }, 'extraction_hint.regex'],
      [{ allowed_sender_domains: ['bank.example', 'no host'] }, 'allowed_sender_domains.1'],
      [{ require_auth: 'yes' }, 'require_auth'],
      [{ sender: 'x' }, 'sender'],
    ];
    for (const [body, path] of faults) {
      expect(await change({ require_auth: true, ...(body as object) })).toMatchObject({
        status: 422,
        body: { errors: [{ path }] },
      });
    }
    expect((await call(system, pathOf(entry), { key: key() })).body).toMatchObject({ require_auth: false });
  });

  it("of another workspace's credential is as that of an unknown one", async () => {
    entry = await makeEntry(system, workspace, 'foreign.example');
    const { apiKey } = await createWorkspace(system);
    const body = { require_auth: true };
    expect(await call(system, pathOf(entry), { key: apiKey })).toMatchObject({ status: 404 });
    expect(await call(system, pathOf(entry), { key: apiKey, method: 'PATCH', body })).toMatchObject({ status: 404 });
  });

  it('lets in mail with a DKIM signature of its sender alone; any other is shown with the reason and gives no code', async () => {
    entry = await makeEntry(system, workspace, 'strict.example');
    await change({ require_auth: true });
    await sendMail(system, mail(someCode()));
    const [refused] = await messages();
    expect(refused).toMatchObject({
      state: 'refused',
      reason: 'sender_not_authenticated',
      auth_results: { authenticated_domain: null, dmarc: { result: 'fail' } },
    });
    // The vault has seen it, so it will not be deposited later.
    await until('its content', async () => {
      const { body } = await call(system, `/v1/messages/${String(refused?.['id'])}`, { key: key() });
      return body['content'] === null ? undefined : body;
    });
    expect(await readCode(system, key(), 'strict.example')).toMatchObject({ status: 404 });

    const code = someCode();
    await sendMail(system, { ...mail(code), dkim });
    expect((await awaitCode(system, key(), 'strict.example')).body).toMatchObject({ type: 'email', code });
    expect((await messages())[0]).toMatchObject({
      state: 'deposited',
      auth_results: { dkim: [{ result: 'pass', domain: 'bank.example' }], authenticated_domain: 'bank.example' },
    });
  });

  it('lets in mail of the domains that are expected', async () => {
    entry = await makeEntry(system, workspace, 'expecting.example');
    await change({ allowed_sender_domains: ['bank.example', 'shop.example'] });
    await sendMail(system, { ...mail(someCode()), from: 'login@elsewhere.example' });
    expect((await messages())[0]).toMatchObject({ state: 'refused', reason: 'sender_domain_not_allowed' });
    await sendMail(system, mail(someCode()));
    expect((await messages())[0]).toMatchObject({ state: 'refused', reason: 'sender_looks_forged' });
    const code = someCode();
    await sendMail(system, { ...mail(code), from: 'login@mail.shop.example' });
    expect((await awaitCode(system, key(), 'expecting.example')).body).toMatchObject({ code });
  });

  it('tells which of two numbers is the code', async () => {
    entry = await makeEntry(system, workspace, 'hinted.example');
    const [code, other] = [someCode(), someCode()];
    const text = `Codes: ${other} for Ann, ${code} for you.`;
    await change({ extraction_hint: { pattern: '([0-9]{8}) for you' } });
    await sendMail(system, { ...mail(code), text });
    expect((await awaitCode(system, key(), 'hinted.example')).body).toMatchObject({ code });
  });
});
