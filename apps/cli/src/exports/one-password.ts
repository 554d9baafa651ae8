import { z } from 'zod';
import { readCsv } from './csv.js';
import type { Entry } from './entry.js';
import { ExportError } from './export-error.js';
import { entriesOfLogin } from './login-entries.js';

const text = z.string().nullish();
const field = z.object({ title: text, value: z.object({ totp: text }).nullish() });
const item = z.object({
  overview: z.object({ title: text, url: text, urls: z.array(z.object({ url: text })).nullish() }).nullish(),
  details: z
    .object({
      loginFields: z.array(z.object({ value: text, designation: text })).nullish(),
      sections: z.array(z.object({ fields: z.array(field).nullish() })).nullish(),
    })
    .nullish(),
});
type Item = z.output<typeof item>;

/** `export.data` of a 1PUX archive. Older ones wrap each item once more. */
const onePuxData = z.object({
  accounts: z.array(
    z.object({
      vaults: z.array(z.object({ items: z.array(z.union([z.object({ item }).transform((one) => one.item), item])) })),
    }),
  ),
});

/** @throws ExportError */
export function readOnePux(data: unknown): Entry[] {
  const parsed = onePuxData.safeParse(data);
  if (!parsed.success) throw new ExportError('this is not as 1Password exports');
  return parsed.data.accounts.flatMap(({ vaults }) => vaults.flatMap(({ items }) => items.flatMap(entriesOfItem)));
}

function entriesOfItem({ overview, details }: Item): Entry[] {
  const valueOf = (wanted: string) =>
    details?.loginFields?.find(({ designation }) => designation === wanted)?.value ?? '';
  const fields = (details?.sections ?? []).flatMap((section) => section.fields ?? []);
  const login = {
    title: overview?.title ?? '',
    userName: valueOf('username'),
    sites: [overview?.url ?? '', ...(overview?.urls ?? []).map(({ url }) => url ?? '')],
    password: valueOf('password'),
  };
  const secrets = fields.flatMap(({ value }) => value?.totp ?? []);
  return secrets.length === 0 ? entriesOfLogin(null, login) : secrets.flatMap((one) => entriesOfLogin(one, login));
}

const secretColumns = ['otpauth', 'one-time password', 'totp'];

export function isOnePasswordCsv(textOfFile: string): boolean {
  return columnsOf(readCsv(textOfFile.split(/\r?\n/, 1)[0] ?? '')[0] ?? []) !== null;
}

export function readOnePasswordCsv(textOfFile: string): Entry[] {
  const [header = [], ...records] = readCsv(textOfFile);
  const columns = columnsOf(header);
  if (columns === null) throw new ExportError('this CSV file has no column OTPAuth');
  return records.flatMap((record) => {
    const of = (column: number) => record[column] ?? '';
    return entriesOfLogin(of(columns.secret), {
      title: of(columns.title),
      userName: of(columns.userName),
      sites: [of(columns.site)],
      password: of(columns.password),
    });
  });
}

function columnsOf(header: readonly string[]) {
  const names = header.map((name) => name.trim().toLowerCase());
  const secret = names.findIndex((name) => secretColumns.includes(name));
  const of = (...wanted: string[]) => names.findIndex((name) => wanted.includes(name));
  return secret === -1
    ? null
    : { secret, title: of('title'), userName: of('username'), site: of('url', 'website'), password: of('password') };
}
