import { OwnerDatabase } from '@otpost/database';
import { loadVariables } from '@otpost/platform';
import { keysCommand } from './keys/keys-command.js';

// `./otpost keys …`. Works on keyring and database itself, so it needs of the vault's environment these two variables, and no vault.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort());

process.exitCode = await keysCommand(process.argv.slice(2), {
  get keyringFile() {
    return loadVariables('vault', ['OTPOST_KEYRING_FILE']).OTPOST_KEYRING_FILE;
  },
  openDatabase: () => {
    const { DATABASE_OWNER_URL } = loadVariables('vault', ['DATABASE_OWNER_URL']);
    return new OwnerDatabase({ url: DATABASE_OWNER_URL.reveal(), applicationName: 'otpost keys', connections: 4 });
  },
  print: (line) => process.stdout.write(`${line}\n`),
  signal: interruption.signal,
});
