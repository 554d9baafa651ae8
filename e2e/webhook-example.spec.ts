import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verify } from '../examples/webhooks/verify.mjs';
import { call } from './api.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const arrived: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
let workspace: Workspace;
let server: Server;
let endpoint: { id: string; secret: string };

beforeAll(async () => {
  workspace = await createWorkspace(system);
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      arrived.push({ headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const made = await call<typeof endpoint>(system, '/v1/webhook-endpoints', { key: workspace.apiKey, body: { url } });
  endpoint = made.body;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A webhook, as it came. */
async function send() {
  const path = `/v1/webhook-endpoints/${endpoint.id}/test`;
  await call(system, path, { method: 'POST', key: workspace.apiKey });
  const last = arrived.at(-1);
  if (last === undefined) throw new Error('no webhook came');
  return last;
}

describe('examples/webhooks/verify.mjs', () => {
  it('gives the event of a webhook of otpost', async () => {
    const { headers, body } = await send();
    const event = verify(headers, body, endpoint.secret);
    expect(event).toEqual({ ...(JSON.parse(body.toString()) as object), id: headers['webhook-id'] });
    expect(event).toMatchObject({ event: expect.any(String), payload: expect.anything() });
  });

  it('refuses one that was altered, is signed by another, is too old, or has no signature', async () => {
    const { headers, body } = await send();
    const altered = Buffer.from(body.toString().replace('"payload"', '"Payload"'));
    const old = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 301) };
    const another = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect(() => verify(headers, altered, endpoint.secret)).toThrow('not signed');
    expect(() => verify(headers, body, another)).toThrow('not signed');
    expect(() => verify(old, body, endpoint.secret)).toThrow('too old');
    expect(() => verify({ ...headers, 'webhook-timestamp': undefined }, body, endpoint.secret)).toThrow('no time');
    expect(() => verify({ ...headers, 'webhook-signature': undefined }, body, endpoint.secret)).toThrow('not signed');
  });

  it('goes on while the secret is rotated, under the old one and the new', async () => {
    const path = `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`;
    const { body: rotated } = await call<{ secret: string }>(system, path, { method: 'POST', key: workspace.apiKey });
    const { headers, body } = await send();
    expect(verify(headers, body, endpoint.secret)).toEqual(verify(headers, body, rotated.secret));
  });
});
