import type { Command } from 'commander';
import type { Context } from './context.js';
import { listCredentials } from './login.js';
import { table } from './output.js';

/** `otpost credentials`: which logins there are, and how each gets its code. Never what is sealed in them. */
export function addCredentialsCommand(program: Command, context: (command: Command) => Context): void {
  program
    .command('credentials')
    .description('list the logins that are stored')
    .argument('[domain]', 'only those of this site')
    .option('-u, --user <user>', 'only those of this permissioned_user_id')
    .action(async (domain: string | undefined, { user }: { user?: string }, command: Command) => {
      const { client, output } = context(command);
      const filter = { ...(user === undefined ? {} : { user }), ...(domain === undefined ? {} : { domain }) };
      const credentials = (await listCredentials(client(), filter)).map((one) => ({
        id: one.id,
        permissioned_user_id: one.permissioned_user_id,
        domain: one.domain,
        user_alias: one.user_alias,
        tfa_method: one.tfa_method,
        tfa_email: one.tfa_email,
        tfa_phone_number: one.tfa_phone_number,
        created_at: one.created_at,
        updated_at: one.updated_at,
      }));
      const rows = credentials.map((one) => [
        ...[one.permissioned_user_id, one.domain, one.tfa_method?.toLowerCase() ?? '-'],
        ...[one.tfa_email ?? one.tfa_phone_number ?? '-', one.id],
      ]);
      output.answer(
        credentials,
        rows.length === 0 ? '' : table([['USER', 'DOMAIN', 'CODES BY', 'ADDRESS', 'ID'], ...rows]),
      );
      if (rows.length === 0) output.note('there are none');
    });
}
