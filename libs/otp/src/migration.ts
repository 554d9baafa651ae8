import { checkAccount, displayable, readNames, writeLabel, type OtpAccount } from './account.js';
import { OtpError } from './otp-error.js';
import { percentDecode, splitUri } from './otpauth-uri.js';
import { OTP_DEFAULTS, type OtpAlgorithm } from './parameters.js';
import { readMessage, writeMessage, type ProtobufField } from './protobuf.js';

/** Where one QR code stands in an export of several. */
export interface MigrationBatch {
  /** Picked at random by the exporting app, the same in all codes of one export. */
  readonly id: number;
  /** 0 to `size - 1`. */
  readonly index: number;
  readonly size: number;
}

/** One QR code of an export. */
export interface MigrationPart {
  readonly batch: MigrationBatch;
  readonly accounts: readonly OtpAccount[];
  readonly unsupported: readonly UnsupportedEntry[];
}

/** An entry that is there and cannot be taken over, MD5 for one. The others of its URI can. */
export interface UnsupportedEntry {
  readonly batchIndex: number;
  /** Position among all entries of its URI, from 0. */
  readonly index: number;
  readonly label: string;
  readonly issuer: string | null;
  readonly error: OtpError;
}

/** What the URIs of one export make together. */
export interface Migration {
  readonly accounts: readonly OtpAccount[];
  readonly unsupported: readonly UnsupportedEntry[];
  /** Batch indices of the QR codes not given yet. Empty: complete. */
  readonly missing: readonly number[];
}

/**
 * Reads one `otpauth-migration://offline?data=...` URI, Google Authenticator's export. The format is not published; its
 * fields are those on which the open readers agree. It carries neither a period (always 30 s) nor digits other than 6
 * and 8. What an entry does not specify has the default, except its type: TOTP and HOTP make different codes.
 *
 * @throws {OtpError} `uri_malformed`, `uri_too_long`; `migration_malformed` if the data are not such an export
 */
export function parseMigrationUri(uri: string): MigrationPart {
  const { authority, query } = splitUri(uri, 'otpauth-migration', MAX_URI_LENGTH);
  const data = query
    .split('&')
    .find((pair) => pair.startsWith('data='))
    ?.slice('data='.length);
  if (authority !== 'offline' || !data) throw malformed();
  const payload = readFields(decodeBase64(percentDecode(data, 'uri')));

  const batch = {
    id: Number(BigInt.asIntN(32, payload.integer(5))),
    index: Number(payload.integer(4)),
    size: Math.max(Number(payload.integer(3)), 1),
  };
  if (!isBatch(batch)) throw malformed();

  const accounts: OtpAccount[] = [];
  const unsupported: UnsupportedEntry[] = [];
  for (const [index, bytes] of payload.allBytes(1).entries()) {
    const entry = readFields(bytes);
    const names = readNames(entry.text(2), entry.text(3));
    try {
      accounts.push(toAccount(entry, names));
    } catch (error) {
      if (!(error instanceof OtpError) || error.code === 'migration_malformed') throw error;
      unsupported.push({ batchIndex: batch.index, index, ...names, error });
    }
  }
  return { batch, accounts, unsupported };
}

/**
 * Puts the parts of one export together, in its order. A part given twice counts once.
 * @throws {OtpError} `migration_batch_mismatch` for no part at all and for parts of different exports
 */
export function mergeMigrationParts(parts: readonly MigrationPart[]): Migration {
  const [first] = parts;
  const sameExport = parts.every(({ batch }) => batch.id === first?.batch.id && batch.size === first.batch.size);
  if (first === undefined || !sameExport) {
    throw new OtpError('migration_batch_mismatch', 'uri', 'the URIs are not of one export');
  }
  const byIndex = Array.from({ length: first.batch.size }, (_, index) =>
    parts.find(({ batch }) => batch.index === index),
  );
  return {
    accounts: byIndex.flatMap((part) => part?.accounts ?? []),
    unsupported: byIndex.flatMap((part) => part?.unsupported ?? []),
    missing: byIndex.flatMap((part, index) => (part === undefined ? [index] : [])),
  };
}

/**
 * Writes accounts as Google Authenticator exports them. `parseMigrationUri` reads back the same.
 * @throws {OtpError} `migration_unrepresentable` for digits other than 6 and 8, periods other than 30 s and a batch that
 * makes no sense; `uri_too_long`
 */
export function buildMigrationUri(
  accounts: readonly OtpAccount[],
  batch: MigrationBatch = { id: 0, index: 0, size: 1 },
): string {
  if (!isBatch(batch)) throw new OtpError('migration_unrepresentable', 'uri', 'no such place in a batch');
  const payload = writeMessage([
    ...accounts.map((account) => ({ number: 1, value: writeEntry(account) })),
    { number: 2, value: 1n },
    { number: 3, value: BigInt(batch.size) },
    { number: 4, value: BigInt(batch.index) },
    { number: 5, value: BigInt(batch.id) },
  ]);
  const uri = `otpauth-migration://offline?data=${encodeURIComponent(Buffer.from(payload).toString('base64'))}`;
  if (uri.length > MAX_URI_LENGTH) throw new OtpError('uri_too_long', 'uri', 'the URI is too long');
  return uri;
}

/** Some times the 4,296 characters that the largest QR code holds. */
const MAX_URI_LENGTH = 16_384;
const MAX_BATCH_SIZE = 1000;

/** The format's enumerations by their numbers. 0 is 'unspecified'; algorithm 4 is MD5. */
const ALGORITHMS: readonly (OtpAlgorithm | undefined)[] = [OTP_DEFAULTS.algorithm, 'SHA1', 'SHA256', 'SHA512'];
const DIGITS: readonly (number | undefined)[] = [OTP_DEFAULTS.digits, 6, 8];
const TYPES: readonly (OtpAccount['type'] | undefined)[] = [undefined, 'hotp', 'totp'];

function isBatch({ id, index, size }: MigrationBatch): boolean {
  return (
    id === (id | 0) &&
    Number.isInteger(size) &&
    size <= MAX_BATCH_SIZE &&
    index === (index | 0) &&
    index >= 0 &&
    index < size
  );
}

function toAccount(entry: Fields, names: Pick<OtpAccount, 'label' | 'issuer'>): OtpAccount {
  const algorithm = ALGORITHMS[Number(entry.integer(4))];
  const digits = DIGITS[Number(entry.integer(5))];
  const type = TYPES[Number(entry.integer(6))];
  if (algorithm === undefined) {
    throw new OtpError('algorithm_unsupported', 'algorithm', 'the algorithm is not SHA1, SHA256 or SHA512');
  }
  if (digits === undefined) throw new OtpError('digits_out_of_range', 'digits', 'the digits are neither 6 nor 8');
  if (type === undefined) throw new OtpError('type_unsupported', 'type', 'the type is neither totp nor hotp');
  // A copy: the entry's bytes are part of the whole export.
  const common = { ...names, secret: Uint8Array.from(entry.bytes(1)), algorithm, digits };
  const account: OtpAccount =
    type === 'totp'
      ? { type, ...common, periodSeconds: OTP_DEFAULTS.periodSeconds }
      : { type, ...common, counter: Number(BigInt.asIntN(64, entry.integer(7))) };
  checkAccount(account);
  return account;
}

function writeEntry(account: OtpAccount): Uint8Array {
  checkAccount(account);
  const algorithm = ALGORITHMS.lastIndexOf(account.algorithm);
  const digits = DIGITS.lastIndexOf(account.digits);
  if (digits === -1 || (account.type === 'totp' && account.periodSeconds !== OTP_DEFAULTS.periodSeconds)) {
    throw new OtpError('migration_unrepresentable', 'uri', 'an export holds 6 or 8 digits and 30 seconds only');
  }
  const issuer = displayable(account.issuer ?? '');
  const label = writeLabel({ label: displayable(account.label), issuer: issuer || null });
  const fields: ProtobufField[] = [
    { number: 1, value: account.secret },
    { number: 2, value: Buffer.from(label) },
    { number: 3, value: Buffer.from(issuer) },
    { number: 4, value: BigInt(algorithm) },
    { number: 5, value: BigInt(digits) },
    { number: 6, value: BigInt(TYPES.lastIndexOf(account.type)) },
  ];
  if (account.type === 'hotp') fields.push({ number: 7, value: BigInt(account.counter) });
  return writeMessage(fields);
}

type Fields = ReturnType<typeof readFields>;

/** Typed access to a message's fields. As the encoding has it, absent ones are zero or empty and the last one counts. */
function readFields(message: Uint8Array) {
  let fields: ProtobufField[];
  try {
    fields = [...readMessage(message)];
  } catch {
    throw malformed();
  }
  const integer = (number: number): bigint => {
    const value = fields.findLast((field) => field.number === number)?.value ?? 0n;
    if (typeof value !== 'bigint') throw malformed();
    return value;
  };
  const allBytes = (number: number): Uint8Array[] =>
    fields
      .filter((field) => field.number === number)
      .map(({ value }) => {
        if (typeof value === 'bigint') throw malformed();
        return value;
      });
  const bytes = (number: number): Uint8Array => allBytes(number).at(-1) ?? new Uint8Array();
  const text = (number: number): string => new TextDecoder().decode(bytes(number));
  return { integer, allBytes, bytes, text };
}

/** Either alphabet, padded or not. A space was a plus before something decoded the query as a form. */
function decodeBase64(text: string): Uint8Array {
  const base64 = text.trim().replaceAll(' ', '+');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) throw malformed();
  return Buffer.from(base64, 'base64');
}

function malformed(): OtpError {
  return new OtpError('migration_malformed', 'uri', 'the URI is not an export of Google Authenticator');
}
