import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Option, type Command } from 'commander';
import { OtpostError } from '@otpost/client';
import { askPassword } from './ask-password.js';
import type { Context } from './context.js';
import { CliError, describeError, exitCodes, exitCodeOf } from './errors.js';
import type { Entry } from './exports/entry.js';
import { ExportError } from './exports/export-error.js';
import { readExport, type Export } from './exports/read-export.js';
import { intoCredentials, type CredentialOptions } from './import-credentials.js';
import { intoSecrets } from './import-secrets.js';
import { table } from './output.js';

/** What became of one entry. */
export interface Outcome {
  result:
    ('stored' | 'would be stored' | 'attached' | 'would be attached') | ('there already' | 'duplicate' | 'refused');
  /** Of what was made, or is there. */
  id: string | null;
  reason: string | null;
  /** Of a credential. */
  login?: { permissioned_user_id: string; domain: string };
}

/** Takes over one entry, after those before it; null where there is nothing in it to be taken over. */
export type Importer = (entry: Exclude<Entry, { problem: string }>) => Promise<Outcome | null>;

interface ImportOptions extends CredentialOptions {
  dryRun?: boolean;
  credentials?: boolean;
  passwordFile?: string;
}

interface Told extends Outcome {
  name: string;
  type: 'totp' | 'hotp' | null;
}

/** `otpost import`: the authenticators of an export become OTP secrets, or credentials. */
export function addImportCommand(program: Command, context: (command: Command) => Context): void {
  program
    .command('import')
    .description('store the authenticators of an export: Aegis, 2FAS, Bitwarden, 1Password, Google, otpauth:// lines')
    .argument('<file>', '"-" is standard input')
    .option('--dry-run', 'read and check, store nothing')
    .option('--password-file <file>', 'holds the password of an encrypted export; else it is asked for')
    .option('--credentials', 'store logins (vault entries) with their authenticators, not OTP secrets alone')
    .addOption(credentialOption('--passwords', 'their passwords too, and logins that have no authenticator'))
    .addOption(credentialOption('-u, --user <user>', 'permissioned_user_id of all; else the user name of each'))
    .addOption(
      credentialOption('--site <name=domain...>', 'the domain of entries that the export gives none').argParser(
        readSite,
      ),
    )
    .action(async (file: string, options: ImportOptions, command: Command) => {
      const { client, access, output, signal } = context(command);
      const isDryRun = options.dryRun === true;
      if (options.credentials !== true && (options.passwords ?? options.user ?? options.site) !== undefined) {
        throw new CliError('usage', '--passwords, --user and --site go with --credentials');
      }
      const ask = askPassword({ passwordFile: options.passwordFile, fileIsStdin: file === '-', signal });
      const { format, entries } = await parse(await read(file), ask);
      const importer =
        options.credentials === true
          ? intoCredentials(client(), options, isDryRun)
          : intoSecrets(isDryRun ? undefined : { client: client(), apiKey: access().apiKey });
      const outcomes: Told[] = [];
      const failure = await takeOver(entries, importer, outcomes).then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      // What was stored before it failed is told all the same.
      if (failure !== undefined && outcomes.length === 0) throw failure.error;
      const rows = outcomes.map(({ name, type, result, id, reason, login }) => [
        ...[name, type ?? '-', result],
        ...(login === undefined ? [] : [login.permissioned_user_id, login.domain]),
        reason ?? id ?? '',
      ]);
      output.answer({ format, dry_run: isDryRun, entries: outcomes }, table(rows));
      output.note(`${format}: ${summary(outcomes, isDryRun)}`);
      if (failure !== undefined) throw failure.error;
      if (outcomes.some(({ result }) => result === 'refused')) process.exitCode = exitCodes.unexpected;
    });
}

function credentialOption(flags: string, description: string): Option {
  return new Option(flags, `with --credentials: ${description}`);
}

function readSite(text: string, before: Map<string, string> | undefined): Map<string, string> {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new CliError('usage', `--site ${text} is not as in --site GitHub=github.com`);
  return new Map(before).set(text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim());
}

function summary(outcomes: readonly Outcome[], isDryRun: boolean): string {
  const count = (wanted: Outcome['result']) => outcomes.filter(({ result }) => result === wanted).length;
  const always: Outcome['result'][] = [isDryRun ? 'would be stored' : 'stored', 'duplicate', 'refused'];
  const where: Outcome['result'][] = [isDryRun ? 'would be attached' : 'attached', 'there already'];
  const told = [...always, ...where.filter((result) => count(result) > 0)];
  return told.map((result) => `${count(result)} ${result}`).join(', ');
}

/** Each by itself: one that is refused does not keep the others away. */
async function takeOver(entries: readonly Entry[], importer: Importer, outcomes: Told[]): Promise<void> {
  for (const entry of entries) {
    const { name } = entry;
    if ('problem' in entry) {
      outcomes.push({ name, type: null, result: 'refused', id: null, reason: entry.problem });
      continue;
    }
    const type = 'account' in entry ? entry.account.type : null;
    const outcome = await importer(entry).catch(refusalOf);
    if (outcome !== null) outcomes.push({ name, type, ...outcome });
  }
}

/** What is wrong with one entry; anything else would be wrong with the next one too. */
function refusalOf(error: unknown): Outcome {
  if (exitCodeOf(error) !== exitCodes.usage || !(error instanceof OtpostError)) throw error;
  return { result: 'refused', id: null, reason: describeError(error, false).replace(/^otpost: /, '') };
}

async function parse(file: Buffer, ask: (app: string) => Promise<string | null>): Promise<Export> {
  try {
    return await readExport(file, ask);
  } catch (error) {
    throw error instanceof ExportError ? new CliError('usage', error.message) : error;
  }
}

async function read(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (error) {
    throw new CliError('usage', `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
