import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';
import twilio from 'twilio';
import { call, type Answer } from './api.js';
import { rememberSecret } from './canary.js';
import type { System, Workspace } from './system.js';

export type Mail = Parameters<ReturnType<typeof createTransport>['sendMail']>[0];

/** Eight digits that no log holds by chance, remembered for the canary test. */
export function someCode(): string {
  const code = String(10_000_000 + (randomBytes(4).readUInt32BE() % 90_000_000));
  rememberSecret('a code in a message', code);
  return code;
}

/** Sends a mail as mail servers do: with STARTTLS where it is offered. */
export async function sendMail(system: Pick<System, 'smtpUrl'>, mail: Mail): Promise<{ response: string }> {
  const transport = createTransport({
    url: system.smtpUrl,
    name: 'mx.sender.example',
    tls: { rejectUnauthorized: false },
  });
  try {
    return await transport.sendMail({ from: 'security@example.com', subject: 'Your verification code', ...mail });
  } finally {
    transport.close();
  }
}

/** The parameters of an incoming message, as Twilio posts them. */
export function smsParameters(to: string, text: string): Record<string, string> {
  const sid = `SM${randomBytes(16).toString('hex')}`;
  return {
    ...{
      MessageSid: sid,
      SmsSid: sid,
      SmsMessageSid: sid,
      AccountSid: `AC${'0'.repeat(32)}`,
      ApiVersion: '2010-04-01',
    },
    ...{ From: '+13125550142', To: to, Body: text, NumMedia: '0', NumSegments: '1', SmsStatus: 'received' },
  };
}

/** Posts as Twilio does, signed by its own library. */
export function postSms(
  { hooks: { twilioSms, twilioAuthToken } }: Pick<System, 'hooks'>,
  parameters: Record<string, string>,
  token = twilioAuthToken,
): Promise<Response> {
  return fetch(twilioSms, {
    method: 'POST',
    headers: { 'x-twilio-signature': twilio.getExpectedTwilioSignature(token, twilioSms, parameters) },
    body: new URLSearchParams(parameters),
  });
}

/** Posts a mail to the raw MIME hook with a Standard Webhooks signature over its bytes. */
export function postMime(
  { hooks }: Pick<System, 'hooks'>,
  mail: Uint8Array,
  secret = hooks.mimeSecret,
): Promise<Response> {
  const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1_000))];
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(mail).digest('base64');
  return fetch(hooks.mime, {
    method: 'POST',
    headers: {
      'content-type': 'message/rfc822',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body: new Uint8Array(mail),
  });
}

/** A form as SendGrid's Inbound Parse posts it: each field in a charset of its own. */
export function postInboundParse(url: string, fields: Record<string, string | Buffer>): Promise<Response> {
  const parts = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.from(`--xYzZY\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
    Buffer.from(value as string),
    Buffer.from('\r\n'),
  ]);
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=xYzZY' },
    body: new Uint8Array(Buffer.concat([...parts, Buffer.from('--xYzZY--\r\n')])),
  });
}

export interface Entry {
  id: string;
  tfa_email: string;
}

/** A credential of user `agent` whose codes come by mail or SMS. */
export async function makeEntry(
  system: System,
  { apiKey }: Workspace,
  domain: string,
  tfa_method = 'EMAIL',
): Promise<Entry> {
  const body = { permissioned_user_id: 'agent', domain, tfa_method };
  return (await call<Entry>(system, '/vault', { key: apiKey, body })).body;
}

/** Imports a number under the deployment's token, and approves it. */
export async function makeNumber(
  system: System,
  { apiKey }: Workspace,
  e164: string,
  credential_id: string,
): Promise<void> {
  const body = { e164, mode: 'dedicated', credential_id };
  const made = await call<{ id: string }>(system, '/v1/phone-numbers', { key: apiKey, body });
  await call(system, `/v1/phone-numbers/${made.body.id}/approve`, { method: 'POST', key: system.rootKey });
}

/** GET /vault/tfa-code. */
export function readCode(system: System, key: string, domain: string): Promise<Answer> {
  const query = new URLSearchParams({ permissioned_user_id: 'agent', domain }).toString();
  return call(system, `/vault/tfa-code?${query}`, { key });
}

/** The answer with the code, once it is there. */
export function awaitCode(system: System, key: string, domain: string): Promise<Answer> {
  return until(`a code of ${domain}`, async () => {
    const answer = await readCode(system, key, domain);
    return answer.status === 200 ? answer : undefined;
  });
}

/** Asks again until there is an answer, for at most `seconds`. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  seconds = 20,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what} did not come about within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
