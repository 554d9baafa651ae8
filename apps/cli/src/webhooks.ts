import { InvalidArgumentError, Option, type Command } from 'commander';
import { Secret } from '@otpost/envelope';
import { generateWebhookSecret, SigningSecret } from '@otpost/webhook-signing';
import type { OtpostEvent } from '@otpost/client';
import type { Context } from './context.js';
import { CliError } from './errors.js';
import { forward, type Forwarded } from './forward.js';

interface ListenFlags {
  forwardTo: string;
  events?: string[];
  secret?: string;
}

/** `otpost webhooks listen`: the workspace's webhooks at a port of this machine, where no endpoint could reach. */
export function addWebhooksCommand(program: Command, context: (command: Command) => Context): void {
  program
    .command('webhooks')
    .description('webhooks on this machine')
    .command('listen')
    .description('forward events to a local URL as they happen, signed as webhooks are; Ctrl-C ends it')
    .requiredOption(
      '-f, --forward-to <url>',
      'where to: http://localhost:4000/hook, localhost:4000/hook or 4000',
      destination,
    )
    .option('-e, --events <list>', 'only these types', (text) => text.split(',').map((name) => name.trim()))
    .addOption(
      new Option('--secret <whsec>', 'signing secret; one is made and shown where none is given').env(
        'OTPOST_WEBHOOK_SECRET',
      ),
    )
    .action(async (flags: ListenFlags, command: Command) => {
      await listen(flags, context(command));
    });
}

async function listen(
  { forwardTo, events, secret: given }: ListenFlags,
  { client, output, signal }: Context,
): Promise<void> {
  const text = given === undefined ? generateWebhookSecret() : new Secret(given);
  const secret = signingSecret(text);
  let isFirst = true;
  const onConnected = () => {
    if (!isFirst) return output.note('connected again');
    isFirst = false;
    const shown = given === undefined ? text.reveal() : undefined;
    output.answer(
      { listening: true, forward_to: forwardTo, ...(shown === undefined ? {} : { secret: shown }) },
      `forwarding to ${forwardTo}${shown === undefined ? '' : `\nsigning secret ${shown}`}`,
    );
  };
  const onLost = () => output.note('connection lost; trying again');
  for await (const event of client().events({ signal, onConnected, onLost })) {
    if (events !== undefined && !events.includes(event.event)) continue;
    const forwarded = await forward(event, { url: forwardTo, secret, signal });
    output.answer(jsonOf(event, forwarded), lineOf(event, forwarded));
  }
}

function jsonOf({ id, event, session_id }: OtpostEvent, { status, error, durationMs }: Forwarded) {
  return { id, event, session_id, status, error, duration_ms: durationMs };
}

function lineOf({ id, event, created_at }: OtpostEvent, { status, error, durationMs }: Forwarded): string {
  const time = created_at.slice(11, 19);
  return `${time}  ${event.padEnd(20)}  ${(status ?? error ?? '').toString().padEnd(12)}  ${`${durationMs} ms`.padStart(8)}  ${id}`;
}

function signingSecret(text: Secret): SigningSecret {
  try {
    return SigningSecret.parse(text);
  } catch (error) {
    throw new CliError('usage', (error as Error).message);
  }
}

function destination(text: string): string {
  const full = /^\d+$/.test(text) ? `http://127.0.0.1:${text}/` : /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new InvalidArgumentError('it is no URL.');
  return new URL(full).href;
}
