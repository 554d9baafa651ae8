import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import twilio from 'twilio';
import { call } from './api.js';
import { hasCaddy, startCaddy, type Caddy } from './caddy.js';
import { rememberSecret } from './canary.js';
import { freePort } from './free-port.js';
import { smsParameters, until } from './inbound-senders.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

let system: OwnSystem;
let workspace: Workspace;
let caddy: Caddy;
let url: string;
let authorization: string;

const withCaddy = hasCaddy() && process.platform === 'linux' ? describe : describe.skip;

withCaddy('behind Caddy, as docker-compose.yml has it (skipped where Caddy is not installed)', () => {
  beforeAll(async () => {
    const port = await freePort();
    url = `https://localhost:${port}`;
    system = await startSystem({
      environment: { OTPOST_PUBLIC_URL: url, OTPOST_PUBLIC_INGEST_URL: url, OTPOST_TRUSTED_PROXIES: '127.0.0.1' },
    });
    workspace = await createWorkspace(system);
    authorization = `Bearer ${workspace.apiKey}`;
    caddy = await startCaddy(port, system);
  }, 60_000);

  afterAll(async () => {
    await caddy?.end();
    await system?.end();
  }, 60_000);

  it('serves the console, with the headers that the gateway set, and a cookie for TLS alone', async () => {
    const page = await caddy.fetch('/console');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const script = /\/console\/assets\/[^"]+\.js/.exec(await page.text())?.[0] ?? '';
    expect((await caddy.fetch(script)).headers.get('cache-control')).toContain('immutable');
    const signedIn = await caddy.fetch('/console/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-otpost-console': '1' },
      body: JSON.stringify({ api_key: workspace.apiKey }),
    });
    expect(signedIn.headers.get('set-cookie')).toMatch(/^otpost_console=.*; Secure$/);
    rememberSecret('cookie of the console', /=([^;]+)/.exec(signedIn.headers.get('set-cookie') ?? '')?.[1] ?? '');
  });

  it('tells the audit where a request came from, whatever the client says of it', async () => {
    const made = await caddy.fetch('/v1/otp-secrets', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
      body: JSON.stringify({ type: 'totp', label: 'audited' }),
    });
    const { id } = (await made.json()) as { id: string };
    const { body } = await call<{ items: { resource: { id: string }; ip: string }[] }>(system, '/v1/audit', {
      key: workspace.apiKey,
    });
    expect(body.items.find(({ resource }) => resource.id === id)?.ip).toBe('127.0.0.5');
  });

  it('lets a long poll wait, and answers it when the code is there', async () => {
    const { body } = await openChallenge('alice');
    const polled = caddy.fetch(`/v1/challenges/${body.id}?wait=30`, { headers: { authorization } });
    const page = await caddy.fetch(new URL(body.page_url).pathname);
    expect([page.status, new URL(body.page_url).origin]).toEqual([200, url]);
    rememberSecret('page of a challenge', new URL(body.page_url).pathname);
    await call(system, `/v1/challenges/${body.id}/code`, { key: workspace.apiKey, body: { code: '27182818' } });
    expect(await (await polled).json()).toMatchObject({ status: 'resolved', code: '27182818' });
  });

  it('passes on events while their stream is open', async () => {
    const hangUp = new AbortController();
    const stream = await caddy.fetch('/v1/events/stream', { headers: { authorization }, signal: hangUp.signal });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    let heard = '';
    const listening = (async () => {
      for await (const chunk of stream.body ?? []) heard += Buffer.from(chunk as Uint8Array).toString();
    })().catch(() => undefined);
    await until('a first ping', () => heard.includes('event: ping') || undefined);
    await openChallenge('bob');
    await until('an event', () => heard.includes('interaction.waiting') || undefined);
    hangUp.abort();
    await listening;
  });

  it('brings hooks to the ingestor, under the URL that the providers sign', async () => {
    const { twilioSms, twilioAuthToken } = system.hooks;
    const parameters = smsParameters('+13125550199', 'nobody has this number');
    const post = (signature: string) =>
      caddy.fetch(new URL(twilioSms).pathname, {
        method: 'POST',
        headers: {
          'x-twilio-signature': signature,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams(parameters).toString(),
      });
    expect(twilioSms).toBe(`${url}/inbound/twilio/sms`);
    expect((await post('forged')).status).toBe(403);
    expect((await post(twilio.getExpectedTwilioSignature(twilioAuthToken, twilioSms, parameters))).status).toBe(404);
  });

  it.each(['/metrics', '/readyz'])('keeps %s inside', async (path) => {
    expect((await fetch(system.gatewayUrl + path)).status).toBe(200);
    expect((await caddy.fetch(path)).status).toBe(404);
  });

  it('waits for a gateway that is started anew', async () => {
    await system.stop('gateway');
    const answer = caddy.fetch('/v1/otp-secrets', { headers: { authorization } });
    await system.start('gateway');
    expect((await answer).status).toBe(200);
  });

  it('logs what failed without what was asked', async () => {
    const secret = `path-${randomUUID()}`;
    await system.stop('ingestor');
    const headers = { 'cc-key': `otp_${secret}`, 'content-type': 'text/plain' };
    const failed = await caddy.fetch(`/inbound/sendgrid/parse/${secret}`, { method: 'POST', headers, body: 'mail' });
    expect(failed.status).toBe(502);
    await until('its line', () => caddy.log().includes('"status":502') || undefined);
    expect(caddy.log()).not.toContain(secret);
  });
});

/** Of a login with which only a human can help. */
async function openChallenge(user: string) {
  const login = { permissioned_user_id: user, domain: 'caddy.example' };
  await call(system, '/vault', { key: workspace.apiKey, body: login });
  return call<{ id: string; page_url: string }>(system, '/v1/challenges', { key: workspace.apiKey, body: login });
}
