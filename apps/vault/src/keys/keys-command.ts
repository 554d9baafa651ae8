import { parseArgs } from 'node:util';
import { AppError } from '@otpost/contracts';
import type { OwnerDatabase } from '@otpost/database';
import {
  addKeyringKey,
  createKeyringFile,
  EnvelopeError,
  type KeyEncryption,
  type KeyProviderName,
} from '@otpost/envelope';
import { ConfigError } from '@otpost/platform';
import { DataKeyRotation, type FinishOptions } from './data-key-rotation.js';
import { DataKeys } from './data-keys.js';
import { KekRotation } from './kek-rotation.js';
import { systemCaller } from './key-keeper.js';
import { readKeyStatus } from './key-status.js';
import { activateNextKek, retireKek } from './keyring-rotation.js';
import { VaultKeyPairs } from './vault-key-pairs.js';

export const keysUsage = `Usage: ./otpost keys <command>

  status [--json]         Which keys are in use, and how far a rotation has come.
  rotate-kek              Every data key wrapped with the key-encryption key that is active. Where that is in a keyring, a new one is made
                          and put to use first; a KMS makes its own.
  rotate-dek [--workspace <id>]
                          New data key for one workspace, or all: what is stored is encrypted anew, then the old key destroyed.
  rotate-key-pair         New key pair of the vault, for what comes in from outside. The old one opens what is left.
  retire-kek <id>         Destroy a key-encryption key that wraps nothing any more. Backups that need it cannot be opened then.
  add-kek                 Only add a key to the keyring, to bring the file to other hosts before rotate-kek puts it to use.
  init                    Make the keyring with its first key, where there is none.

Reads go on meanwhile, with the vaults up or down. What was interrupted goes on when the command is given again.`;

/** What the command works on. Looked for when first needed: `help` needs nothing, `init` no database. */
export interface KeysEnvironment {
  /** The one that wraps. */
  readonly provider: KeyProviderName;
  readonly keyringFile: string | undefined;
  openKeyEncryption: () => KeyEncryption;
  openDatabase: () => OwnerDatabase;
  print: (line: string) => void;
  signal: AbortSignal;
  graceMs?: number;
}

type Command = (environment: KeysEnvironment, args: string[]) => Promise<number>;

const caller = () => systemCaller('keys-command');

/**
 * One command of `./otpost keys`.
 *
 * @returns the exit code: 0 done, 1 something is left to do or failed (said in the last line), 2 wrong usage
 */
export async function keysCommand(args: readonly string[], environment: KeysEnvironment): Promise<number> {
  const [name = 'help', ...rest] = args;
  if (['help', '--help', '-h'].includes(name)) {
    environment.print(keysUsage);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    environment.print(`keys: there is no command "${name}"; "./otpost keys help" lists them`);
    return 2;
  }
  try {
    return await command(environment, rest);
  } catch (error) {
    environment.print(`keys: ${sayable(error, environment.signal)}`);
    return isUsageError(error) ? 2 : 1;
  }
}

const commands: Record<string, Command> = {
  init: (environment) => {
    const { print } = environment;
    const keyringFile = keyringOf(environment);
    try {
      print(
        `keyring ${keyringFile} made, with key ${createKeyringFile(keyringFile)}. Keep a copy: without it nothing can be read.`,
      );
    } catch (error) {
      if (!(error instanceof EnvelopeError) || error.code !== 'keyring_exists') throw error;
      print(`keyring ${keyringFile} is there already`);
    }
    return Promise.resolve(0);
  },

  'add-kek': (environment) => {
    const keyringFile = keyringOf(environment);
    environment.print(`key ${addKeyringKey(keyringFile)} added to ${keyringFile}; rotate-kek puts it to use`);
    return Promise.resolve(0);
  },

  status: ({ openKeyEncryption, openDatabase, print }, args) =>
    using(openDatabase, async (owner) => {
      const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
      const status = await readKeyStatus(owner, await openKeyEncryption().activeKekId());
      if (values.json === true) {
        print(JSON.stringify(status));
        return 0;
      }
      print(`active key-encryption key   ${status.active_kek}`);
      for (const { id, data_keys, key_pairs } of status.keks)
        print(`  ${id} wraps ${data_keys} data keys, ${key_pairs} key pairs`);
      print(`not under it yet            ${status.data_keys_under_old_keks}`);
      print(`data keys                   ${status.data_keys}, of which retiring ${status.retiring_data_keys}`);
      print(`rows under retiring keys    ${status.rows_under_old_data_keys}`);
      return 0;
    }),

  'rotate-kek': (environment) =>
    using(environment.openDatabase, async (owner) => {
      const { provider, openKeyEncryption, print, signal } = environment;
      if (provider === 'local') {
        const { kekId, activated } = await activateNextKek(owner, keyringOf(environment), caller());
        print(activated ? `${kekId} is the active key now` : `going on with an earlier rotation, to ${kekId}`);
      }
      const rotation = new KekRotation(owner, openKeyEncryption());
      const { activeKekId, rewrapped, failed } = await rotation.rewrapAll(caller(), {
        signal,
        onProgress: progress(print, 'keys rewrapped'),
      });
      print(`${rewrapped} keys rewrapped with ${activeKekId}`);
      for (const { id, reason } of failed) print(`keys: ${id} stays as it is: ${reason}`);
      return failed.length === 0 ? 0 : 1;
    }),

  'rotate-dek': ({ openKeyEncryption, openDatabase, print, signal, graceMs }, args) =>
    using(openDatabase, async (owner) => {
      const { values } = parseArgs({ args, options: { workspace: { type: 'string' } } });
      const scope = values.workspace === undefined ? {} : { workspaceId: uuid(values.workspace) };
      const rotation = new DataKeyRotation(owner, new DataKeys(owner, openKeyEncryption(), 300));
      const { begun, underWay } = await begin(rotation, scope.workspaceId, signal);
      print(
        `${begun} workspaces have a new data key${underWay === 0 ? '' : `; ${underWay} go on with an earlier rotation`}`,
      );
      const options: FinishOptions = { ...scope, signal, onProgress: progress(print, 'rows encrypted anew') };
      if (graceMs !== undefined) options.graceMs = graceMs;
      options.onDrained = (waitMs) =>
        print(`all moved; the old keys go in ${Math.ceil(waitMs / 1_000)} s, when no read needs them any more`);
      const { resealed, destroyed, unopenable, kept } = await rotation.finish(caller(), options);
      print(`${resealed} rows encrypted anew, ${destroyed} old keys destroyed`);
      for (const row of unopenable) print(`keys: ${row} does not open, and stays as it is`);
      for (const id of kept) print(`keys: data key ${id} is still needed, and stays`);
      return kept.length === 0 ? 0 : 1;
    }),

  'rotate-key-pair': ({ openKeyEncryption, openDatabase, print }) =>
    using(openDatabase, async (owner) => {
      const keyPairs = new VaultKeyPairs(owner, openKeyEncryption(), 300);
      print(`${await keyPairs.rotate(caller())} is the key pair of the vault now`);
      print(
        `${await keyPairs.destroyUnneeded(caller())} earlier ones destroyed; vaults destroy the others when nothing needs them`,
      );
      return 0;
    }),

  'retire-kek': (environment, [kekId]) =>
    using(environment.openDatabase, async (owner) => {
      if (kekId === undefined)
        throw new UsageError('retire-kek needs the id of a key: "./otpost keys status" shows them');
      await retireKek(owner, keyringOf(environment), caller(), kekId);
      environment.print(`${kekId} is destroyed`);
      return 0;
    }),
};

class UsageError extends Error {}

/** Ours, Prisma's, the system's, and SQLSTATEs. */
const unreachable = [
  'unavailable',
  'P1000',
  'P1001',
  'P1010',
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  '28P01',
  '28000',
];

async function begin(rotation: DataKeyRotation, workspaceId: string | undefined, signal: AbortSignal) {
  if (workspaceId === undefined) return rotation.beginAll(caller(), signal);
  const begun = await rotation.begin(caller(), workspaceId);
  return { begun: begun ? 1 : 0, underWay: begun ? 0 : 1 };
}

/** For what is done to the file alone. */
function keyringOf({ provider, keyringFile }: KeysEnvironment): string {
  if (keyringFile !== undefined) return keyringFile;
  throw new ConfigError([
    provider === 'local'
      ? 'OTPOST_KEYRING_FILE is not set'
      : `OTPOST_KEYRING_FILE is not set, and keys of ${provider} are made and destroyed there`,
  ]);
}

async function using(open: () => OwnerDatabase, work: (owner: OwnerDatabase) => Promise<number>): Promise<number> {
  const owner = open();
  try {
    return await work(owner);
  } finally {
    await owner.close();
  }
}

/** A line every two seconds, so that nothing long is silent. */
function progress(print: (line: string) => void, what: string): (count: number) => void {
  let saidAt = performance.now();
  return (count) => {
    if (performance.now() - saidAt < 2_000) return;
    saidAt = performance.now();
    print(`${count} ${what}`);
  };
}

function uuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new UsageError(`"${text}" is not the id of a workspace`);
}

function isUsageError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS'));
}

/** Our own errors name keys and files. Those of libraries may quote what they were given: only their code is told. */
function sayable(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'interrupted; give the command again to go on';
  if (!(error instanceof Error)) return 'failed';
  if (error.cause instanceof EnvelopeError) return error.cause.message;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && unreachable.includes(code)) {
    return 'PostgreSQL does not answer, or does not let us in: is DATABASE_OWNER_URL right?';
  }
  const ours = error instanceof AppError || error instanceof EnvelopeError || error instanceof ConfigError;
  if (ours || isUsageError(error)) return error.message;
  return typeof code === 'string' ? `failed (${error.name}, ${code})` : `failed (${error.name})`;
}
