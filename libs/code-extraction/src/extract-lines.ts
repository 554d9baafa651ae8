import { extract } from './extract.js';
import type { CodeHint, Expectation, Message } from './message.js';

/** What `extractLine` says about one line: the answer to print, or why the line could not be read. */
export type LineResult = { readonly answer: string } | { readonly problem: string };

/**
 * Reads one message from a line of JSON and answers with one. The line has the message's fields (`channel`, `from`,
 * `subject`, `text`, `html`, `id`) and may have `service`, `domain` and `hint` of the credential; others are ignored.
 */
export function extractLine(line: string): LineResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return { problem: 'not valid JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { problem: 'not a JSON object' };
  const fields = parsed as Record<string, unknown>;
  for (const name of ['from', 'subject', 'text', 'html', 'service', 'domain']) {
    const value = fields[name];
    if (value !== undefined && value !== null && typeof value !== 'string')
      return { problem: `${name} is not a string` };
  }
  const { channel } = fields;
  if (channel !== undefined && channel !== 'sms' && channel !== 'email')
    return { problem: 'channel is not sms or email' };
  const hint = fields['hint'];
  if (hint !== undefined && hint !== null && typeof hint !== 'object') return { problem: 'hint is not an object' };
  const message: Message = {
    channel: channel ?? ((textOf(fields, 'html') ?? textOf(fields, 'subject')) ? 'email' : 'sms'),
    from: textOf(fields, 'from') ?? null,
    subject: textOf(fields, 'subject') ?? null,
    text: textOf(fields, 'text') ?? null,
    html: textOf(fields, 'html') ?? null,
  };
  const expectation: Expectation = {
    domain: textOf(fields, 'domain'),
    serviceName: textOf(fields, 'service'),
    hint: hint === undefined || hint === null ? undefined : hintOf(hint as Record<string, unknown>),
  };
  const { code, link, confidence, reason, candidates } = extract(message, expectation);
  return { answer: JSON.stringify({ id: fields['id'] ?? null, code, link, confidence, reason, candidates }) };
}

function textOf(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

function hintOf(fields: Record<string, unknown>): CodeHint {
  const { length, alphabet } = fields;
  return {
    length: typeof length === 'number' ? length : undefined,
    alphabet: alphabet === 'digits' || alphabet === 'letters' || alphabet === 'alphanumeric' ? alphabet : undefined,
    pattern: textOf(fields, 'pattern'),
    sender: textOf(fields, 'sender'),
  };
}
