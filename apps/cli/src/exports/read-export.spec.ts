import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { encodeSecret } from '@otpost/otp';
import { readCsv } from './csv.js';
import { readExport } from './read-export.js';
import { readZipFile } from './zip.js';

const fixture = (name: string) => readFileSync(new URL(`./testing/${name}`, import.meta.url));
const reading = (text: string) => () => readExport(Buffer.from(text));

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
    ['bitwarden.json', 'Bitwarden', 60],
    ['1password.1pux', '1Password (1PUX)', 60],
    ['1password.csv', '1Password (CSV)', 60],
    ['otpauth.txt', 'otpauth', 60],
    // It has no place for a period.
    ['google.txt', 'otpauth', 30],
  ])('reads every kind of account of %s, and says what it cannot take over', (file, format, bankPeriod) => {
    const { entries, ...rest } = readExport(fixture(file));
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
  ])('refuses %s, and tells what to do instead', (file, app) => {
    expect(() => readExport(fixture(file))).toThrow(new RegExp(`this ${app} export is encrypted: export it again`));
  });

  it('says which part of a Google export is missing', () => {
    const [first = ''] = fixture('google.txt').toString().split('\n');
    const { entries } = readExport(Buffer.from(first));
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
  ])('refuses %s without quoting it', (_, text, message) => {
    expect(reading(text)).toThrow(message);
    expect(reading(text)).not.toThrow(/JBSWY/);
  });

  it('never lets a name reach a terminal as a command', () => {
    const { entries } = readExport(Buffer.from('otpauth://totp/%1b%5b2JEvil:me?secret=JBSWY3DPEHPK3PXP'));
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
