import { createHmac, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { OtpostError, type OtpostClient } from '@otpost/client';
import { encodeSecret, type OtpAccount } from '@otpost/otp';
import type { Context } from './context.js';
import { CliError, describeError, exitCodes, exitCodeOf } from './errors.js';
import { identityOf, type Entry } from './exports/entry.js';
import { ExportError } from './exports/export-error.js';
import { readExport, type Export } from './exports/read-export.js';
import { table } from './output.js';

/** What became of one entry. */
interface Outcome {
  name: string;
  type: 'totp' | 'hotp' | null;
  result: 'stored' | 'would be stored' | 'duplicate' | 'refused';
  /** Of the OTP secret that was made. */
  id: string | null;
  reason: string | null;
}

/** `otpost import`: the authenticators of an export become OTP secrets. */
export function addImportCommand(program: Command, context: (command: Command) => Context): void {
  program
    .command('import')
    .description('store the authenticators of an export: Aegis, 2FAS, Bitwarden, 1Password, Google, otpauth:// lines')
    .argument('<file>', '"-" is standard input')
    .option('--dry-run', 'read and check, store nothing')
    .action(async (file: string, { dryRun }: { dryRun?: boolean }, command: Command) => {
      const { client, access, output } = context(command);
      const { format, entries } = parse(await read(file));
      const store = dryRun === true ? undefined : storeWith(client(), access().apiKey);
      const outcomes: Outcome[] = [];
      const failure = await takeOver(entries, store, outcomes).then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      // What was stored before it failed is told all the same.
      if (failure !== undefined && outcomes.length === 0) throw failure.error;
      const count = (result: Outcome['result']) => outcomes.filter((one) => one.result === result).length;
      const rows = outcomes.map((one) => [one.name, one.type ?? '-', one.result, one.id ?? one.reason ?? '']);
      output.answer({ format, dry_run: dryRun === true, entries: outcomes }, table(rows));
      const stored = dryRun === true ? `${count('would be stored')} would be stored` : `${count('stored')} stored`;
      output.note(`${format}: ${stored}, ${count('duplicate')} duplicate, ${count('refused')} refused`);
      if (failure !== undefined) throw failure.error;
      if (count('refused') > 0) process.exitCode = exitCodes.unexpected;
    });
}

type Store = (account: OtpAccount) => Promise<string>;

/** Each by itself: one that is refused does not keep the others away. */
async function takeOver(entries: readonly Entry[], store: Store | undefined, outcomes: Outcome[]): Promise<void> {
  const firsts = new Map<string, string>();
  for (const entry of entries) {
    const { name } = entry;
    if ('problem' in entry) {
      outcomes.push({ name, type: null, result: 'refused', id: null, reason: entry.problem });
      continue;
    }
    const { account } = entry;
    const identity = identityOf(account);
    const first = firsts.get(identity);
    firsts.set(identity, first ?? name);
    outcomes.push({ name, type: account.type, ...(await outcomeOf(account, first, store)) });
  }
}

async function outcomeOf(
  account: OtpAccount,
  first: string | undefined,
  store: Store | undefined,
): Promise<Pick<Outcome, 'result' | 'id' | 'reason'>> {
  if (first !== undefined) return { result: 'duplicate', id: null, reason: `the same as ${first}` };
  if (store === undefined) return { result: 'would be stored', id: null, reason: null };
  try {
    return { result: 'stored', id: await store(account), reason: null };
  } catch (error) {
    // What is wrong with one entry; anything else would be wrong with the next one too.
    if (exitCodeOf(error) !== exitCodes.usage || !(error instanceof OtpostError)) throw error;
    return { result: 'refused', id: null, reason: describeError(error, false).replace(/^otpost: /, '') };
  }
}

/** An idempotency key that only the holder of the API key could make of a secret: the same file twice within a day stores it once. */
function storeWith(client: OtpostClient, apiKey: string): Store {
  const store = async (account: OtpAccount, idempotencyKey: string) => {
    const moving = account.type === 'totp' ? { period: account.periodSeconds } : { counter: account.counter };
    const made = await client.post('/v1/otp-secrets', {
      params: { header: { 'Idempotency-Key': idempotencyKey } },
      body: {
        type: account.type,
        label: account.label || account.issuer || 'imported',
        issuer: account.issuer,
        secret: encodeSecret(account.secret),
        algorithm: account.algorithm,
        digits: account.digits as 6 | 8,
        ...moving,
      },
    });
    return made.id;
  };
  return async (account) => {
    const names = `${account.issuer ?? ''}:${account.label}`;
    const key = createHmac('sha256', apiKey)
      .update(`${identityOf(account)} ${names}`)
      .digest('base64url');
    try {
      return await store(account, `import-${key}`);
    } catch (error) {
      // It was stored by this key before, and deleted since.
      if (exitCodeOf(error) !== exitCodes.notFound) throw error;
      return store(account, `import-${randomUUID()}`);
    }
  };
}

function parse(file: Buffer): Export {
  try {
    return readExport(file);
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
