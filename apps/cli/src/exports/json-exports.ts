import { z } from 'zod';
import { decryptAegis, decryptTwoFas } from './encrypted-exports.js';
import { displayable, entryOf, type Entry } from './entry.js';
import { ExportError } from './export-error.js';
import { entriesOfLogin } from './login-entries.js';

/** A kind of JSON export: how to tell it, whether it is encrypted, and its entries. */
export interface JsonExport {
  name: string;
  isIt(file: Record<string, unknown>): boolean;
  /** Where it is encrypted: what to do instead of giving its password. */
  isEncrypted(file: Record<string, unknown>): string | null;
  /** The same file in clear; absent where passwords are of no use. @throws ExportError */
  decrypt?(file: unknown, password: string): unknown;
  read(file: unknown): Entry[];
}

const text = z.string().nullish();
const number = z.number().nullish();

const aegisFile = z.object({
  db: z.object({
    entries: z.array(
      z.object({
        type: z.string(),
        name: text,
        issuer: text,
        info: z.object({ secret: z.string(), algo: text, digits: number, period: number, counter: number }),
      }),
    ),
  }),
});

const aegis: JsonExport = {
  name: 'Aegis',
  isIt: (file) => 'db' in file && 'header' in file,
  isEncrypted: ({ db }) =>
    typeof db === 'string' ? 'export it again without encryption ("Encrypt the vault" off)' : null,
  decrypt: decryptAegis,
  read: (file) =>
    parse(aegis, aegisFile, file).db.entries.map(({ type, name, issuer, info: { algo, ...info } }) =>
      isKnown(type)
        ? entryOf({ type, label: name, issuer: issuer || null, algorithm: algo, ...info })
        : refused([issuer, name], type),
    ),
};

const twoFasFile = z.object({
  services: z.array(
    z.object({
      name: text,
      secret: z.string(),
      otp: z
        .object({
          ...{ label: text, account: text, issuer: text, digits: number, period: number, algorithm: text },
          ...{ counter: number, tokenType: text },
        })
        .nullish(),
    }),
  ),
});

const twoFas: JsonExport = {
  name: '2FAS',
  isIt: (file) => 'services' in file && ('schemaVersion' in file || 'servicesEncrypted' in file),
  isEncrypted: ({ servicesEncrypted }) =>
    typeof servicesEncrypted === 'string' && servicesEncrypted !== '' ? 'export it again without a password' : null,
  decrypt: decryptTwoFas,
  read: (file) =>
    parse(twoFas, twoFasFile, file).services.map(({ name, secret, otp }) => {
      const { label, account, issuer, tokenType, digits, period, algorithm, counter } = otp ?? {};
      const type = tokenType ?? 'TOTP';
      const names = { label: account || label || '', issuer: issuer || name || null };
      return isKnown(type)
        ? entryOf({ type, ...names, secret, digits, period, algorithm, counter })
        : refused([names.issuer, names.label], type);
    }),
};

const bitwardenFile = z.object({
  items: z.array(
    z.object({
      name: text,
      login: z
        .object({ username: text, password: text, totp: text, uris: z.array(z.object({ uri: text })).nullish() })
        .nullish(),
    }),
  ),
});

const bitwarden: JsonExport = {
  name: 'Bitwarden',
  isIt: (file) => 'encrypted' in file && ('items' in file || 'data' in file || 'encKeyValidation_DO_NOT_EDIT' in file),
  isEncrypted: ({ encrypted }) => (encrypted === true ? 'export it again as ".json", not ".json (Encrypted)"' : null),
  read: (file) =>
    parse(bitwarden, bitwardenFile, file).items.flatMap(({ name, login }) =>
      login
        ? entriesOfLogin(login.totp, {
            title: name ?? '',
            userName: login.username ?? '',
            sites: (login.uris ?? []).map(({ uri }) => uri ?? ''),
            password: login.password ?? '',
          })
        : [],
    ),
};

export const jsonExports: readonly JsonExport[] = [aegis, twoFas, bitwarden];

function isKnown(type: string): boolean {
  return /^[th]otp$/i.test(type);
}

function refused(names: readonly (string | null | undefined)[], type: string): Entry {
  const name = displayable(names.filter(Boolean).join(': ')) || 'unnamed';
  return { name, problem: `${displayable(type)} codes are neither TOTP nor HOTP` };
}

/** @throws ExportError that names the place, never what stands there */
function parse<Schema extends z.ZodType>({ name }: JsonExport, schema: Schema, file: unknown): z.output<Schema> {
  const parsed = schema.safeParse(file);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new ExportError(`this is not as ${name} exports: see ${place}`);
}
