import { z } from 'zod';
import { readCsv } from './csv.js';
import { entryOfText, type Entry } from './entry.js';
import { ExportError } from './export-error.js';

const text = z.string().nullish();
const field = z.object({ title: text, value: z.object({ totp: text }).nullish() });
const item = z.object({
  overview: z.object({ title: text }).nullish(),
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
  const label = details?.loginFields?.find(({ designation }) => designation === 'username')?.value ?? '';
  const issuer = overview?.title ?? '';
  const fields = (details?.sections ?? []).flatMap((section) => section.fields ?? []);
  return fields.flatMap(({ value }) => (value?.totp ? [entryOfText(value.totp, { label, issuer })] : []));
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
    const secret = record[columns.secret] ?? '';
    if (secret.trim() === '') return [];
    return [entryOfText(secret, { label: record[columns.label] ?? '', issuer: record[columns.issuer] ?? '' })];
  });
}

function columnsOf(header: readonly string[]): { secret: number; label: number; issuer: number } | null {
  const names = header.map((name) => name.trim().toLowerCase());
  const secret = names.findIndex((name) => secretColumns.includes(name));
  return secret === -1 ? null : { secret, label: names.indexOf('username'), issuer: names.indexOf('title') };
}
