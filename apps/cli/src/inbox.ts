import type { Command } from 'commander';
import type { OtpostClient, paths } from '@otpost/client';
import type { Context } from './context.js';
import { CliError } from './errors.js';
import { findCredential, loginOptions, takesLogin, type LoginOptions } from './login.js';
import { table } from './output.js';

type InboxPage = paths['/v1/inboxes']['get']['responses'][200]['content']['application/json'];
type MessagePage = paths['/v1/messages']['get']['responses'][200]['content']['application/json'];

const shownMessages = 20;
const pageSize = 200;

/** `otpost inbox`: the mail address of a login, and what came of the mail. Never its text. */
export function addInboxCommand(program: Command, context: (command: Command) => Context): void {
  takesLogin(
    program.command('inbox').description('print the mail address of a login, made if there is none; or list all'),
    {
      withSecret: false,
    },
  )
    .option('--messages', 'what was received lately, and what became of it')
    .action(async (domain: string | undefined, flags: LoginOptions & { messages?: boolean }, command: Command) => {
      const { client: connect, output } = context(command);
      const login = loginOptions(domain, flags);
      const client = connect();
      const isNamed = [login.user, login.domain, login.credential].some((part) => part !== undefined);
      if (!isNamed && flags.messages !== true) {
        const inboxes = await listInboxes(client);
        output.answer(inboxes, table(inboxes.map(({ address, credential_id }) => [address, credential_id])));
        return;
      }
      const credential = isNamed ? await findCredential(client, login) : undefined;
      if (flags.messages === true) {
        const messages = await listMessages(client, credential?.id);
        output.answer(messages, table(messages.map(messageRow)));
        return;
      }
      if (credential === undefined) throw new CliError('usage', 'name the login');
      const inbox = await client.post('/v1/inboxes', { body: { credential_id: credential.id } });
      output.answer(inbox, inbox.address);
    });
}

async function listInboxes(client: OtpostClient): Promise<InboxPage['items']> {
  const items: InboxPage['items'] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: pageSize, ...(cursor === null ? {} : { cursor }) };
    const page: InboxPage = await client.get('/v1/inboxes', { params: { query } });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}

async function listMessages(client: OtpostClient, credentialId: string | undefined): Promise<MessagePage['items']> {
  const query = { limit: shownMessages, ...(credentialId === undefined ? {} : { credential_id: credentialId }) };
  return (await client.get('/v1/messages', { params: { query } })).items;
}

function messageRow({ received_at, channel, from, to, state, reason }: MessagePage['items'][number]): string[] {
  return [received_at, channel, from ?? '-', to, reason === null ? state : `${state}: ${reason}`];
}
