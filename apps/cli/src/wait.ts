import { InvalidArgumentError, Option, type Command } from 'commander';
import type { NewChallenge } from '@otpost/client';
import type { Context } from './context.js';
import { loginOptions, resolveLogin, takesLogin, type LoginOptions } from './login.js';

type Factor = NonNullable<NewChallenge['factors']>[number];

interface WaitFlags extends LoginOptions {
  timeout: number;
  factors?: Factor[];
  message?: string;
  session?: string;
  exclusive?: boolean;
  minValidity?: number;
  ack: boolean;
}

const factors: readonly Factor[] = ['authenticator', 'email', 'sms', 'magic_link', 'user'];

/** `otpost wait`: one challenge, whichever way its code comes. */
export function addWaitCommand(program: Command, context: (command: Command) => Context): void {
  takesLogin(program.command('wait').description('ask for a code and wait until it comes, then print it'), {
    withSecret: true,
  })
    .option('-t, --timeout <seconds>', 'how long to wait at most', seconds, 300)
    .option('--factors <list>', `only these, in this order: ${factors.join(',')}`, factorList)
    .option('-m, --message <text>', 'what a human who is asked for it is told')
    .option('--session <id>', "name of the agent's run")
    .option('--exclusive', 'a time step that nobody else was given')
    .option('--min-validity <seconds>', 'only a code that is good for so long', seconds)
    .addOption(new Option('--no-ack', 'leave the code readable for a minute'))
    .action(async (domain: string | undefined, flags: WaitFlags, command: Command) => {
      const { client: connect, output, signal } = context(command);
      const client = connect();
      const login = await resolveLogin(client, loginOptions(domain, flags));
      const received = await client.waitForCode(challengeOf(login, flags), {
        timeoutSeconds: flags.timeout,
        signal,
        onPending: ({ page_url }) => {
          const human = page_url === undefined ? '' : `; a human can answer at ${page_url}`;
          output.note(`waiting, ${flags.timeout} s at most${human}`);
        },
      });
      const { code, link, answer, factor, challengeId, expiresInSeconds, ack } = received;
      output.answer(
        { code, link, answer, factor, challenge_id: challengeId, expires_in_seconds: expiresInSeconds },
        code ?? link ?? '',
      );
      output.aside(`by ${factor ?? 'nobody'}${expiresInSeconds === null ? '' : `, good for ${expiresInSeconds} s`}`);
      // It is with its user now; that it could not be wiped early is not worth a failure.
      if (flags.ack)
        await ack().catch(() => output.note('the code could not be acknowledged; it is wiped in a minute'));
    });
}

function challengeOf(login: NewChallenge, flags: WaitFlags): NewChallenge {
  return {
    ...login,
    ...(flags.factors === undefined ? {} : { factors: flags.factors }),
    ...(flags.message === undefined ? {} : { message: flags.message }),
    ...(flags.session === undefined ? {} : { session_id: flags.session }),
    ...(flags.exclusive === true ? { exclusive: true } : {}),
    ...(flags.minValidity === undefined ? {} : { min_validity_seconds: flags.minValidity }),
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 3_600)
    throw new InvalidArgumentError('0 to 3600 whole seconds.');
  return value;
}

function factorList(text: string): Factor[] {
  return text.split(',').map((name) => {
    const factor = factors.find((known) => known === name.trim());
    if (factor === undefined) throw new InvalidArgumentError(`"${name}" is none of ${factors.join(', ')}.`);
    return factor;
  });
}
