import { mergeMigrationParts, OtpError, parseMigrationUri, type MigrationPart } from '@otpost/otp';
import { entryOfUri, nameOf, type Entry } from './entry.js';

export function hasOtpauthLines(text: string): boolean {
  return /^\s*otpauth(-migration)?:/im.test(text);
}

/** `otpauth://` lines, and `otpauth-migration://` ones as Google's QR codes hold them: the parts of one export may stand anywhere. */
export function readOtpauthLines(text: string): Entry[] {
  const entries: Entry[] = [];
  const exports = new Map<number, MigrationPart[]>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const name = `line ${index + 1}`;
    if (/^otpauth-migration:/i.test(line)) {
      try {
        const part = parseMigrationUri(line);
        exports.set(part.batch.id, [...(exports.get(part.batch.id) ?? []), part]);
      } catch (error) {
        if (!(error instanceof OtpError)) throw error;
        entries.push({ name, problem: error.message });
      }
    } else {
      entries.push(entryOfUri(line, name));
    }
  }
  return [...entries, ...[...exports.values()].flatMap(entriesOfExport)];
}

function entriesOfExport(parts: readonly MigrationPart[]): Entry[] {
  try {
    const { accounts, unsupported, missing } = mergeMigrationParts(parts);
    const size = parts[0]?.batch.size ?? 0;
    return [
      ...accounts.map((account) => ({ name: nameOf(account), account })),
      ...unsupported.map((entry) => ({ name: nameOf(entry), problem: entry.error.message })),
      ...missing.map((index) => ({ name: `QR code ${index + 1} of ${size}`, problem: 'it is not in the file' })),
    ];
  } catch (error) {
    if (!(error instanceof OtpError)) throw error;
    return [{ name: 'Google export', problem: error.message }];
  }
}
