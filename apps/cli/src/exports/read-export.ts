import type { Entry } from './entry.js';
import { ExportError } from './export-error.js';
import { jsonExports } from './json-exports.js';
import { isOnePasswordCsv, readOnePasswordCsv, readOnePux } from './one-password.js';
import { hasOtpauthLines, readOtpauthLines } from './otpauth-lines.js';
import { isZip, readZipFile, ZipError } from './zip.js';

export interface Export {
  /** Of the app it is from. */
  format: string;
  entries: Entry[];
}

const mostBytes = 64 * 1024 * 1024;
const known = 'Aegis (JSON), 2FAS, Bitwarden (JSON), 1Password (1PUX, CSV), otpauth:// and otpauth-migration:// lines';

/** Asked of the user, where an export is encrypted; null where there is nobody to ask. */
export type AskPassword = (app: string) => Promise<string | null>;

/**
 * Reads what an authenticator app or password manager exports; which one, the file tells.
 * @throws ExportError where it is none of them, damaged, or encrypted and cannot be opened
 */
export async function readExport(file: Buffer, askPassword: AskPassword): Promise<Export> {
  if (isZip(file)) return { format: '1Password (1PUX)', entries: readOnePux(parseJson(exportData(file))) };
  const text = file.toString('utf8').replace(/^\ufeff/, '');
  if (/^\s*\{/.test(text)) return readJsonExport(parseJson(text), askPassword);
  if (isOnePasswordCsv(text)) return { format: '1Password (CSV)', entries: readOnePasswordCsv(text) };
  if (hasOtpauthLines(text)) return { format: 'otpauth', entries: readOtpauthLines(text) };
  throw unknown();
}

async function readJsonExport(file: unknown, askPassword: AskPassword): Promise<Export> {
  const object = file as Record<string, unknown>;
  const found = jsonExports.find((one) => one.isIt(object));
  if (found === undefined) throw unknown();
  const { name } = found;
  const advice = found.isEncrypted(object);
  if (advice === null) return { format: name, entries: found.read(file) };
  const password = found.decrypt === undefined ? null : await askPassword(name);
  if (found.decrypt === undefined || password === null) {
    const orGiveIt = found.decrypt === undefined ? '' : 'give its password with --password-file, or ';
    throw new ExportError(`this ${name} export is encrypted: ${orGiveIt}${advice}`);
  }
  return { format: name, entries: found.read(found.decrypt(file, password)) };
}

function exportData(archive: Buffer): string {
  try {
    const data = readZipFile(archive, 'export.data', mostBytes);
    if (data === undefined) throw new ExportError('this archive is no 1PUX export: it has no export.data');
    return data.toString('utf8');
  } catch (error) {
    throw error instanceof ZipError ? new ExportError(error.message) : error;
  }
}

/** What JSON.parse says of a mistake quotes the text around it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ExportError('this is no valid JSON');
  }
}

function unknown(): ExportError {
  return new ExportError(`this is none of the exports that can be read: ${known}`);
}
