import { OwnerDatabase } from '@otpost/database';
import { keyProviderVariables, loadVariables } from '@otpost/platform';
import { openKeyEncryption } from './keys/key-providers.js';
import { keysCommand } from './keys/keys-command.js';

// `./otpost keys …`. Works on key providers and database itself, so it needs of the vault's environment these variables, and no vault.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort());

process.exitCode = await keysCommand(process.argv.slice(2), {
  get provider() {
    return loadVariables('vault', keyProviderVariables).OTPOST_KEY_PROVIDER;
  },
  get keyringFile() {
    return loadVariables('vault', keyProviderVariables).OTPOST_KEYRING_FILE;
  },
  openKeyEncryption: () => openKeyEncryption(loadVariables('vault', keyProviderVariables)),
  openDatabase: () => {
    const { DATABASE_OWNER_URL } = loadVariables('vault', ['DATABASE_OWNER_URL']);
    return new OwnerDatabase({ url: DATABASE_OWNER_URL.reveal(), applicationName: 'otpost keys', connections: 4 });
  },
  print: (line) => process.stdout.write(`${line}\n`),
  signal: interruption.signal,
});
