import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { hotpAt, totpBetween } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, testFolder } from './system.js';

const system = sharedSystem();
const program = fileURLToPath(new URL('../apps/cli/bin/otpost.js', import.meta.url));
const exported = (name: string) => fileURLToPath(new URL(`../apps/cli/src/exports/testing/${name}`, import.meta.url));
const folder = join(testFolder(), 'cli-credentials-import');
const github = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const vpn = 'KRSXG5CTMVRXEZLUKN2HE2LOM4QQ2BIO';
const sitePassword = 'pass-phrase-of-the-forum-4711';

interface Told {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Outcome {
  name: string;
  result: string;
  id: string | null;
  reason: string | null;
  login?: { permissioned_user_id: string; domain: string };
}

const entriesOf = ({ stdout }: Told) => (JSON.parse(stdout) as { entries: Outcome[] }).entries;
const resultsOf = (told: Told) => entriesOf(told).map(({ result }) => result);

function importing(apiKey: string, ...args: string[]): Promise<Told> {
  const env = { PATH: '/usr/bin:/bin', OTPOST_URL: system.gatewayUrl, OTPOST_API_KEY: apiKey };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, 'import', ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

async function vaultOf(key: string) {
  const { body } = await call<
    { id: string; permissioned_user_id: string; domain: string; tfa_method: string | null }[]
  >(system, '/vault', { key });
  return body
    .map(({ permissioned_user_id, domain, tfa_method }) => `${permissioned_user_id} ${domain} ${tfa_method}`)
    .sort();
}

async function newKey(): Promise<string> {
  return (await createWorkspace(system)).apiKey;
}

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'password'), 'correct hörse\n');
  for (const value of [github, vpn, sitePassword]) rememberSecret('something in an export', value);
});

describe('otpost import --credentials', () => {
  it('stores each login with its site, user and authenticator, and none of its passwords', async () => {
    const key = await newKey();
    const told = await importing(key, exported('bitwarden.json'), '--credentials');
    expect(told.stderr).toMatch(/: 3 stored, 1 duplicate, 1 refused\n$/);
    expect(told.stdout).toMatch(/^GitHub: alice +totp +stored +alice +github\.example +[0-9a-f-]{36}$/m);
    expect(told.stdout).not.toContain(github);
    expect(await vaultOf(key)).toEqual([
      'alice bank.example AUTHENTICATOR',
      'alice github.example AUTHENTICATOR',
      'fob vpn.example AUTHENTICATOR',
    ]);
    const from = Date.now();
    const query = 'permissioned_user_id=alice&domain=github.example';
    const { body } = await call(system, `/vault/tfa-code?${query}`, { key });
    expect(totpBetween({ secret: github }, from, Date.now())).toContain(body['code']);
    const challenge = { permissioned_user_id: 'fob', domain: 'vpn.example' };
    const { body: taken } = await call(system, '/v1/challenges', { key, body: challenge });
    expect(taken['code']).toBe(hotpAt({ secret: vpn }, 7));
  });

  it('changes nothing on a dry run, and nothing the second time', async () => {
    const key = await newKey();
    const file = exported('bitwarden.json');
    const dry = await importing(key, file, '--credentials', '--dry-run', '--json');
    expect(resultsOf(dry)).toEqual([...Array<string>(3).fill('would be stored'), 'duplicate', 'refused']);
    expect(await vaultOf(key)).toEqual([]);
    const first = await importing(key, file, '--credentials', '--json');
    const second = await importing(key, file, '--credentials', '--json');
    expect(resultsOf(second)).toEqual([...Array<string>(3).fill('there already'), 'duplicate', 'refused']);
    expect(entriesOf(second).map(({ id }) => id)).toEqual(entriesOf(first).map(({ id }) => id));
    expect(await vaultOf(key)).toHaveLength(3);
  });

  it('attaches an authenticator to a login that has none, and leaves one that has', async () => {
    const key = await newKey();
    const login = { permissioned_user_id: 'alice', domain: 'https://github.example/login' };
    const made = await call<{ id: string }>(system, '/vault', { key, body: { ...login, password: sitePassword } });
    await call(system, '/vault', { key, body: { ...login, domain: 'bank.example', tfa_method: 'EMAIL' } });
    const dry = await importing(key, exported('bitwarden.json'), '--credentials', '--dry-run', '--json');
    expect(resultsOf(dry).slice(0, 2)).toEqual(['would be attached', 'there already']);
    const told = await importing(key, exported('bitwarden.json'), '--credentials', '--json');
    expect(entriesOf(told).slice(0, 2)).toMatchObject([
      { result: 'attached', id: made.body.id, login: { permissioned_user_id: 'alice', domain: 'github.example' } },
      { result: 'there already' },
    ]);
    expect(await vaultOf(key)).toContain('alice github.example AUTHENTICATOR');
    expect(await vaultOf(key)).toContain('alice bank.example EMAIL');
  });

  it('stores passwords, and logins without an authenticator, where it is told to; and shows none', async () => {
    const key = await newKey();
    const file = join(folder, 'logins.json');
    const login = {
      username: 'alice',
      password: sitePassword,
      totp: null,
      uris: [{ uri: 'androidapp://x' }, { uri: 'forum.example' }],
    };
    const another = { ...login, username: 'bob' };
    const items = [login, login, another].map((one) => ({ name: 'Forum', login: one }));
    writeFileSync(file, JSON.stringify({ encrypted: false, items }));
    expect(entriesOf(await importing(key, file, '--credentials', '--json'))).toEqual([]);
    const told = await importing(key, file, '--credentials', '--passwords', '--user', 'customer-1');
    expect(told).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^Forum: alice +- +stored +customer-1 +forum\.example/),
      stderr: expect.stringMatching(/: 1 stored, 1 duplicate, 1 refused\n$/),
    });
    expect(told.stdout).toMatch(/^Forum: bob .*Forum: alice has the same user and site/m);
    expect(told.stdout + told.stderr).not.toContain(sitePassword);
    expect(await vaultOf(key)).toEqual(['customer-1 forum.example null']);
  });

  it('opens an encrypted export with its password, and asks for the sites that it has not', async () => {
    const key = await newKey();
    const args = [exported('aegis-encrypted.json'), '--credentials', '--password-file', join(folder, 'password')];
    const told = await importing(
      key,
      ...args,
      '--json',
      '--site',
      'GitHub=github.com',
      '--site',
      'vpn=https://vpn.example/',
    );
    expect(told.code).toBe(1);
    expect(entriesOf(told).map(({ result, reason, login }) => login?.domain ?? `${result}: ${reason}`)).toEqual([
      'github.com',
      'refused: the export gives no site: add --site "Bank=<domain>"',
      'vpn.example',
      'github.com',
      expect.stringContaining('refused: steam codes'),
    ]);
    expect(await vaultOf(key)).toHaveLength(2);
    writeFileSync(join(folder, 'wrong'), 'wrong');
    const wrong = await importing(key, exported('2fas-encrypted.json'), '--password-file', join(folder, 'wrong'));
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('the password is not that of'),
    });
  });

  it('says which options go together', async () => {
    const key = await newKey();
    expect(await importing(key, exported('aegis.json'), '--passwords')).toMatchObject({ code: 2 });
    expect(await importing(key, exported('aegis.json'), '--credentials', '--site', 'GitHub')).toMatchObject({
      code: 2,
    });
  });
});
