import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call } from './api.js';
import { sendMail, someCode, until } from './inbound-senders.js';
import type { System, Workspace } from './system.js';

/** A mail that tries whatever mails try. */
const htmlOf = (code: string) => `<html><head><title>x</title></head><body>
<script>top.location = 'https://evil.example'</script>
<h2 style="color: #0b3d91; background: url(https://evil.example/b.png)">Example Bank</h2>
<p onclick="alert(1)">Your verification code is</p><p style="font-size: 28px"><b>${code}</b></p>
<img src="https://evil.example/pixel.gif" alt="the bank's logo">
<a href="https://bank.example/login">Sign in</a></body></html>`;

export interface ConsoleData {
  /** Waits for a human. */
  pendingId: string;
  bankEmail: string;
  bankCode: string;
  receiver: Server;
}

/** One of everything that the console shows, made as agents and senders make it. */
export async function fillWorkspace(system: System, { apiKey: key }: Workspace): Promise<ConsoleData> {
  const post = async <Body = { id: string }>(path: string, body: unknown) =>
    (await call<Body>(system, path, { key, body })).body;
  const alice = { permissioned_user_id: 'alice', domain: 'github.com' };
  const bank = { permissioned_user_id: 'alice', domain: 'bank.example' };
  const receiver = createServer((_request, response) => response.end('thanks')).listen(0, '127.0.0.1');
  await until('a receiver of webhooks', () => receiver.address() ?? undefined);
  const { port } = receiver.address() as AddressInfo;
  const [{ tfa_email: bankEmail }] = await Promise.all([
    post<{ tfa_email: string }>('/vault', { ...bank, tfa_method: 'EMAIL' }),
    post('/vault', { ...alice, tfa_method: 'AUTHENTICATOR', tfa_secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }),
    post('/v1/otp-secrets', { type: 'totp', label: 'AWS root', issuer: 'Amazon' }),
    post('/v1/otp-secrets', { type: 'hotp', label: 'VPN token' }),
    post('/v1/webhook-endpoints', { url: `http://127.0.0.1:${port}/hook`, description: 'Our runner' }),
    post('/v1/seats', { email: 'dana@example.com', first_name: 'Dana', last_name: 'Lee' }),
    post('/v1/api-keys', { name: 'checkout agent', scopes: ['codes:read', 'challenges:write'] }),
  ]);
  await post('/v1/challenges', { ...alice, session_id: 'run-github' });
  const waiting = await post('/v1/challenges', { ...bank, session_id: 'run-bank', message: 'Sign in to Example Bank' });
  const bankCode = someCode();
  const text = `Your verification code is ${bankCode}.`;
  await sendMail(system, { from: 'security@bank.example', to: bankEmail, text, html: htmlOf(bankCode) });
  await call(system, `/v1/challenges/${waiting.id}?wait=20`, { key });
  const message = 'Your bank has sent a code by SMS to the number ending in 42.';
  const { id: pendingId } = await post('/v1/challenges', {
    ...bank,
    session_id: 'run-waits',
    factors: ['user'],
    message,
  });
  return { pendingId, bankEmail, bankCode, receiver };
}
