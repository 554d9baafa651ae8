import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildMigrationUri,
  decodeSecret,
  mergeMigrationParts,
  OtpError,
  parseMigrationUri,
  type OtpAccount,
} from './index.js';
import { writeMessage, type ProtobufField } from './protobuf.js';
import { exportableAccount } from './testing/accounts.js';

const account: OtpAccount = {
  type: 'totp',
  label: 'alice@google.com',
  issuer: 'Example',
  secret: decodeSecret('JBSWY3DPEHPK3PXP'),
  algorithm: 'SHA1',
  digits: 6,
  periodSeconds: 30,
};

test('reads an export made by others, who leave algorithm and digits unspecified', () => {
  const uri = 'otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC';
  expect(parseMigrationUri(uri)).toEqual({
    batch: { id: 0, index: 0, size: 1 },
    accounts: [account],
    unsupported: [],
  });
});

test('what is built reads back the same', () => {
  const batches = fc.integer({ min: 1, max: 1000 }).chain((size) =>
    fc.record({
      id: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      index: fc.nat(size - 1),
      size: fc.constant(size),
    }),
  );
  fc.assert(
    fc.property(fc.array(exportableAccount, { maxLength: 8 }), batches, (accounts, batch) => {
      expect(parseMigrationUri(buildMigrationUri(accounts, batch))).toEqual({ batch, accounts, unsupported: [] });
    }),
  );
});

test('builds only what the format holds', () => {
  for (const change of [{ digits: 7 }, { periodSeconds: 60 }]) {
    expect(() => buildMigrationUri([{ ...account, ...change }])).toThrow(
      expect.objectContaining({ code: 'migration_unrepresentable' }),
    );
  }
  for (const batch of [
    { id: 0.5, index: 0, size: 1 },
    { id: 0, index: 1, size: 1 },
    { id: 0, index: 0, size: 0 },
  ]) {
    expect(() => buildMigrationUri([account], batch)).toThrow(OtpError);
  }
  expect(() => buildMigrationUri(Array<OtpAccount>(500).fill(account))).toThrow(
    expect.objectContaining({ code: 'uri_too_long' }),
  );
});

describe('one URI', () => {
  /** An entry of the export, field by field. */
  const entry = (changes: Record<number, bigint | Uint8Array | undefined>): ProtobufField => {
    const fields = { 1: account.secret, 2: Buffer.from('alice'), 4: 1n, 5: 1n, 6: 2n, ...changes };
    return {
      number: 1,
      value: writeMessage(
        Object.entries(fields).flatMap(([number, value]) =>
          value === undefined ? [] : [{ number: Number(number), value }],
        ),
      ),
    };
  };
  const uriOf = (fields: readonly ProtobufField[]) =>
    `otpauth-migration://offline?data=${encodeURIComponent(Buffer.from(writeMessage(fields)).toString('base64'))}`;

  test('takes the good entries and names the others, each with its reason', () => {
    const md5 = entry({ 2: Buffer.from('old'), 3: Buffer.from('Bank'), 4: 4n });
    const part = parseMigrationUri(
      uriOf([
        entry({}),
        md5,
        entry({ 6: undefined }),
        entry({ 6: 7n }),
        entry({ 5: 9n }),
        entry({ 1: undefined }),
        entry({ 1: new Uint8Array(4) }),
        entry({ 6: 1n, 7: -1n }),
        entry({ 6: 1n, 7: 41n, 5: 2n, 4: 3n }),
      ]),
    );
    expect(part.unsupported.map(({ index, error }) => [index, error.code])).toEqual([
      [1, 'algorithm_unsupported'],
      [2, 'type_unsupported'],
      [3, 'type_unsupported'],
      [4, 'digits_out_of_range'],
      [5, 'secret_missing'],
      [6, 'secret_too_short'],
      [7, 'counter_out_of_range'],
    ]);
    expect(part.unsupported[0]).toMatchObject({ batchIndex: 0, label: 'old', issuer: 'Bank' });
    expect(part.accounts).toHaveLength(2);
    expect(part.accounts[1]).toMatchObject({
      type: 'hotp',
      counter: 41,
      digits: 8,
      algorithm: 'SHA512',
      label: 'alice',
    });
  });

  test('skips fields it does not know, as newer apps add them', () => {
    const unknown = { number: 8, value: Buffer.from('unique id') };
    const fixed = Buffer.from([0x4d, 1, 2, 3, 4, 0x51, 1, 2, 3, 4, 5, 6, 7, 8]);
    const data = Buffer.concat([writeMessage([entry({ 8: unknown.value }), unknown]), fixed]).toString('base64');
    const uri = `otpauth-migration://offline?data=${encodeURIComponent(data)}`;
    expect(parseMigrationUri(uri).accounts).toHaveLength(1);
  });

  test('takes names that are not UTF-8, and leaves out their control characters', () => {
    const part = parseMigrationUri(uriOf([entry({ 2: Buffer.from([0x61, 0x00, 0xff, 0x62]) })]));
    expect(part.accounts[0]?.label).toBe('a\ufffdb');
  });

  test('takes both base64 alphabets, with or without padding, and pluses that became spaces', () => {
    const secret = Uint8Array.of(0xef, 0xbe, 0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff);
    const base64 = Buffer.from(writeMessage([entry({ 1: secret })])).toString('base64');
    expect(base64).toMatch(/\+.*\//);
    const url = base64.replaceAll('+', '-').replaceAll('/', '_');
    for (const data of [
      base64,
      base64.replace(/=+$/, ''),
      url,
      base64.replaceAll('+', ' '),
      encodeURIComponent(base64),
    ]) {
      const { accounts } = parseMigrationUri(`otpauth-migration://offline?x=1&data=${data}`);
      expect(accounts[0]?.secret).toEqual(secret);
    }
  });

  test("does not share memory with the other accounts' secrets", () => {
    const { accounts } = parseMigrationUri(uriOf([entry({}), entry({})]));
    accounts[0]?.secret.fill(0);
    expect(accounts[1]?.secret).toEqual(account.secret);
    expect(accounts[0]?.secret.buffer.byteLength).toBe(account.secret.length);
  });

  test.each([
    ['uri_malformed', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP'],
    ['uri_malformed', 'otpauth-migration://offline?data=%E0'],
    ['uri_too_long', `otpauth-migration://offline?data=${'A'.repeat(17_000)}`],
    ['migration_malformed', 'otpauth-migration://online?data=CjEK'],
    ['migration_malformed', 'otpauth-migration://offline'],
    ['migration_malformed', 'otpauth-migration://offline?data='],
    ['migration_malformed', 'otpauth-migration://offline?data=!!!!'],
    ['migration_malformed', 'otpauth-migration://offline?data=CjEKCkhlbGxv'],
    ['migration_malformed', uriOf([{ number: 1, value: 5n }])],
    ['migration_malformed', uriOf([{ number: 1, value: Buffer.from([0xff]) }])],
    ['migration_malformed', uriOf([entry({ 1: 5n })])],
    ['migration_malformed', uriOf([{ number: 3, value: Buffer.from('x') }])],
    ['migration_malformed', uriOf([{ number: 3, value: 1001n }])],
    ['migration_malformed', uriOf([{ number: 3, value: -1n }])],
    ['migration_malformed', uriOf([{ number: 4, value: 1n }])],
  ])('refuses with %s %#', (code, uri) => {
    const attempt = () => parseMigrationUri(uri);
    expect(attempt).toThrow(OtpError);
    expect(attempt).toThrow(expect.objectContaining({ code, message: expect.not.stringMatching(/JBSW|CjEK/) }));
  });

  test('throws nothing but OtpError, whatever the bytes', () => {
    const good = writeMessage([entry({}), entry({ 4: 4n }), { number: 3, value: 2n }]);
    const mutated = fc.tuple(fc.nat(good.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      mutated.map(([at, length, patch]) => Buffer.concat([good.subarray(0, at), patch, good.subarray(at + length)])),
    );
    const data = fc.oneof(
      bytes.map((raw) => Buffer.from(raw).toString('base64url')),
      fc.string({ unit: 'binary', maxLength: 100 }),
    );
    fc.assert(
      fc.property(data, (text) => {
        try {
          parseMigrationUri(`otpauth-migration://offline?data=${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(OtpError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('costs little at its longest', () => {
    const started = performance.now();
    for (const bytes of [[0x0a, 0x00], [0x80], [0x08, 0x01], [0xff], [0x20, 0x01]]) {
      const data = Buffer.alloc(12_000, Buffer.from(bytes)).toString('base64');
      try {
        parseMigrationUri(`otpauth-migration://offline?data=${data}`);
      } catch (error) {
        expect(error).toBeInstanceOf(OtpError);
      }
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('the URIs of one export', () => {
  const part = (index: number, id = -7, size = 3) =>
    parseMigrationUri(buildMigrationUri([{ ...account, label: `account ${index}` }], { id, index, size }));
  const labels = (accounts: readonly OtpAccount[]) => accounts.map(({ label }) => label);

  test('come together in their own order, whatever the order given', () => {
    const migration = mergeMigrationParts([part(2), part(0), part(1)]);
    expect(labels(migration.accounts)).toEqual(['account 0', 'account 1', 'account 2']);
    expect(migration.missing).toEqual([]);
  });

  test('tell which are missing', () => {
    expect(mergeMigrationParts([part(1)])).toMatchObject({ missing: [0, 2] });
  });

  test('count once when given twice', () => {
    expect(labels(mergeMigrationParts([part(1), part(1)]).accounts)).toEqual(['account 1']);
  });

  test('are refused when they are of different exports, or none', () => {
    for (const parts of [[], [part(0), part(1, 8)], [part(0), part(1, -7, 2)]]) {
      expect(() => mergeMigrationParts(parts)).toThrow(expect.objectContaining({ code: 'migration_batch_mismatch' }));
    }
  });
});
