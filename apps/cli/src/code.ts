import type { Command } from 'commander';
import { OtpostError, type OtpostClient } from '@otpost/client';
import type { Context } from './context.js';
import { findCredential, loginOptions, takesLogin, type LoginOptions } from './login.js';

interface Answer {
  type: 'authenticator' | 'totp' | 'hotp' | 'email' | 'sms';
  code: string;
  expires_in_seconds?: number | null;
  received_at?: string;
  counter?: number;
}

/** `otpost code`: what there is now, without waiting. */
export function addCodeCommand(program: Command, context: (command: Command) => Context): void {
  takesLogin(program.command('code').description('print the current code of a login'), { withSecret: true })
    .addHelpText('after', '\nA HOTP secret takes one step for each code.')
    .action(async (domain: string | undefined, options: LoginOptions, command: Command) => {
      const { client, output } = context(command);
      const answer = await readCode(client(), loginOptions(domain, options));
      output.answer(answer, answer.code);
      output.aside(remarkOn(answer));
    });
}

async function readCode(client: OtpostClient, options: LoginOptions): Promise<Answer> {
  if (options.secret !== undefined) {
    return client.post('/v1/otp-secrets/{id}/code', { params: { path: { id: options.secret } } });
  }
  const { user, domain } = options;
  const isPair = user !== undefined && domain !== undefined;
  const named = isPair ? { permissioned_user_id: user, domain } : await findCredential(client, options);
  const pair = { permissioned_user_id: named.permissioned_user_id, domain: named.domain };
  try {
    return await client.get('/vault/tfa-code', { params: { query: pair } });
  } catch (error) {
    if (!(error instanceof OtpostError) || error.code !== 'hotp_needs_post') throw error;
    const { code, ack } = await client.waitForCode({ ...pair, factors: ['authenticator'] }, { timeoutSeconds: 10 });
    await ack();
    return { type: 'hotp', code: code ?? '' };
  }
}

function remarkOn({ expires_in_seconds, received_at, counter }: Answer): string {
  if (typeof expires_in_seconds === 'number') return `good for ${expires_in_seconds} s`;
  if (received_at !== undefined) return `received ${received_at}`;
  return counter === undefined ? 'used up one step' : `step ${counter}`;
}
