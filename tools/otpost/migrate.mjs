// @ts-check
import { UserError } from './output.mjs';
import { runProgram, tail } from './run-program.mjs';
import { inRoot, root } from './workspace.mjs';

/**
 * Brings the schema up to date, and sets the services' roles with their passwords.
 * @param {object} options
 * @param {string} options.ownerUrl
 * @param {Record<import('./services.mjs').ServiceName, string>} options.passwords of the services' roles
 * @param {(line: string) => void} options.onLine
 * @param {AbortSignal} [options.signal]
 */
export async function migrate({ ownerUrl, passwords, onLine, signal }) {
  const { code, ended, said } = await runProgram(process.execPath, [inRoot('libs/database/dist/migrate-cli.js')], {
    cwd: root,
    environment: {
      PATH: process.env['PATH'],
      DATABASE_OWNER_URL: ownerUrl,
      OTPOST_GATEWAY_DB_PASSWORD: passwords.gateway,
      OTPOST_VAULT_DB_PASSWORD: passwords.vault,
      OTPOST_INGESTOR_DB_PASSWORD: passwords.ingestor,
      OTPOST_DISPATCHER_DB_PASSWORD: passwords.dispatcher,
    },
    signal,
    onLine: (line) => {
      const [, news] = /^migrate: (.+)/.exec(line) ?? []; // the rest is an error, told below as a whole
      if (news) onLine(news);
    },
  });
  if (code !== 0) throw new UserError(`the migrations failed (${ended}); nothing of a failed one is kept.`, tail(said));
}
