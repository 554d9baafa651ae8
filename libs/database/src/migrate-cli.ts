import { migrateCommand } from './migrate-command.js';

// A command of its own, run before any service's configuration exists.
// eslint-disable-next-line no-restricted-properties
process.exitCode = await migrateCommand(process.env, (line) => process.stdout.write(`${line}\n`));
