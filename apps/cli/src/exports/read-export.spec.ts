import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { encodeSecret } from '@otpost/otp';
import { readCsv } from './csv.js';
import { readExport } from './read-export.js';
import { readZipFile } from './zip.js';

/** Of the encrypted exports, which were made with Python's cryptography out of the others. */
const password = 'correct hörse';
const fixture = (name: string) => readFileSync(new URL(`./testing/${name}`, import.meta.url));
const nobody = () => Promise.resolve(null);
const read = (file: Buffer, password: string | null = null) => readExport(file, () => Promise.resolve(password));
const reading = (text: string) => readExport(Buffer.from(text), nobody);

const github = {
  type: 'totp',
  issuer: 'GitHub',
  label: 'alice',
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  digits: 6,
};
const bank = {
  type: 'totp',
  issuer: 'Bank',
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  algorithm: 'SHA256',
  digits: 8,
};
const vpn = { type: 'hotp', issuer: 'VPN', label: 'fob', secret: 'KRSXG5CTMVRXEZLUKN2HE2LOM4QQ2BIO', counter: 7 };

describe('readExport', () => {
  it.each([
    ['aegis.json', 'Aegis', 60],
    ['2fas.json', '2FAS', 60],
    ['aegis-encrypted.json', 'Aegis', 60],
    ['2fas-encrypted.json', '2FAS', 60],
    ['bitwarden.json', 'Bitwarden', 60],
    ['1password.1pux', '1Password (1PUX)', 60],
    ['1password.csv', '1Password (CSV)', 60],
    ['otpauth.txt', 'otpauth', 60],
    // It has no place for a period.
    ['google.txt', 'otpauth', 30],
  ])('reads every kind of account of %s, and says what it cannot take over', async (file, format, bankPeriod) => {
    const { entries, ...rest } = await read(fixture(file), password);
    expect(rest).toEqual({ format });
    const accounts = entries.flatMap((entry) => ('account' in entry ? [entry.account] : []));
    expect(accounts.map(({ secret, ...account }) => ({ ...account, secret: encodeSecret(secret) }))).toEqual([
      expect.objectContaining({ ...github, periodSeconds: 30 }),
      expect.objectContaining({ ...bank, label: expect.stringMatching(/^alice/), periodSeconds: bankPeriod }),
      expect.objectContaining(vpn),
      expect.objectContaining(github),
    ]);
    const problems = entries.filter((entry) => 'problem' in entry);
    expect(problems).toEqual([{ name: expect.stringMatching(/Steam|line 7|Old/), problem: expect.any(String) }]);
    expect(JSON.stringify(problems)).not.toContain(github.secret);
  });

  it.each([
    ['aegis-encrypted.json', 'Aegis'],
    ['2fas-encrypted.json', '2FAS'],
    ['bitwarden-encrypted.json', 'Bitwarden'],
  ])('refuses %s where there is no password, and tells what to do', async (file, app) => {
    const passwordHelps = app === 'Bitwarden' ? '' : 'give its password with --password-file, or ';
    await expect(read(fixture(file))).rejects.toThrow(
      `this ${app} export is encrypted: ${passwordHelps}export it again`,
    );
  });

  it.each(['aegis-encrypted.json', '2fas-encrypted.json'])('says that a password does not open %s', async (file) => {
    for (const wrong of ['', 'wrong', 'finger', password.normalize('NFD')]) {
      await expect(read(fixture(file), wrong)).rejects.toThrow(/the password is not that of this export/);
    }
  });

  it.each([
    ['aegis-encrypted.json', /"tag": "../g, '"tag": "zz'],
    ['aegis-encrypted.json', /"n": 32768/g, '"n": 1048576'],
    ['aegis-encrypted.json', /"n": 32768/g, '"n": 32767'],
    ['aegis-encrypted.json', /"db": "..../, '"db": "AAAA'],
    ['2fas-encrypted.json', /"servicesEncrypted": "[^:]*/, '"servicesEncrypted": "AAAA'],
    ['2fas-encrypted.json', /"servicesEncrypted": "..../, '"servicesEncrypted": "AAAA'],
  ])('refuses %s with %s changed, in a sentence', async (file, what, change) => {
    const changed = fixture(file).toString().replace(what, change);
    await expect(read(Buffer.from(changed), password)).rejects.toThrow(/damaged/);
  });

  it.each(['bitwarden.json', '1password.1pux', '1password.csv'])(
    'gives the site, user name and sealed password of each login of %s',
    async (file) => {
      const { entries } = await read(fixture(file));
      const logins = entries.flatMap((entry) =>
        'login' in entry && entry.login ? [{ ...entry, ...entry.login }] : [],
      );
      expect(logins[0]).toMatchObject({ name: 'GitHub: alice', userName: 'alice', account: { issuer: 'GitHub' } });
      expect(logins[0]?.site).toMatch(/^https:/);
      expect(logins[0]?.password?.reveal()).toMatch(/^a.* "?password"?$/);
      // The login without an authenticator.
      expect(logins).toContainEqual(expect.objectContaining({ name: 'Forum: alice' }));
      expect(JSON.stringify(entries)).not.toMatch(/a password|a, "/);
    },
  );

  it('says which part of a Google export is missing', async () => {
    const [first = ''] = fixture('google.txt').toString().split('\n');
    const { entries } = await read(Buffer.from(first));
    expect(entries.at(-1)).toEqual({ name: 'QR code 2 of 2', problem: 'it is not in the file' });
  });

  it.each([
    ['an empty file', '', /none of the exports/],
    ['another text', 'hello', /none of the exports/],
    ['another JSON', '{"a": 1}', /none of the exports/],
    ['broken JSON', '{"db": JBSWY3DPEHPK3PXP', /no valid JSON/],
    ['another form', '{"header": {}, "db": {"entries": [{"type": "totp"}]}}', /see db\.entries\.0\.info/],
    ['a CSV without a secret', 'Title,Username\nGitHub,alice', /none of the exports/],
    ['a broken archive', 'PK\x03\x04 and no more', /damaged/],
  ])('refuses %s without quoting it', async (_, text, message) => {
    await expect(reading(text)).rejects.toThrow(message);
    await expect(reading(text)).rejects.not.toThrow(/JBSWY/);
  });

  it('never lets a name reach a terminal as a command', async () => {
    const { entries } = await reading('otpauth://totp/%1b%5b2JEvil:me?secret=JBSWY3DPEHPK3PXP');
    expect(entries).toEqual([expect.objectContaining({ name: '[2JEvil: me' })]);
  });
});

describe('readCsv', () => {
  it('reads quotes, commas and line breaks within fields', () => {
    expect(readCsv('a,"b ""c"", d"\r\n\r\n"two\nlines",\n')).toEqual([
      ['a', 'b "c", d'],
      ['two\nlines', ''],
    ]);
  });
});

describe('readZipFile', () => {
  it('gives no more than it may', () => {
    const zip = fixture('1password.1pux');
    expect(readZipFile(zip, 'files/a__picture.png', 100)?.toString()).toBe('no picture');
    expect(readZipFile(zip, 'elsewhere', 100)).toBeUndefined();
    expect(() => readZipFile(zip, 'export.data', 100)).toThrow(/too large/);
  });

  it('refuses what is encrypted, and what is cut off anywhere', () => {
    const zip = fixture('1password.1pux');
    const encrypted = Buffer.from(zip);
    const directory = encrypted.readUInt32LE(encrypted.length - 22 + 16);
    encrypted[directory + 8] = 1;
    expect(() => readZipFile(encrypted, 'export.attributes', 1_000)).toThrow(/encrypted/);
    for (let length = 0; length < zip.length; length += 7) {
      expect(() => readZipFile(zip.subarray(0, length), 'export.data', 100_000)).toThrow(/damaged/);
    }
  });
});
