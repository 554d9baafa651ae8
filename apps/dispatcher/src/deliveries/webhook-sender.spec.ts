import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SignedWebhook } from '@otpost/webhook-signing';
import { AddressRules } from './address-rules.js';
import { DestinationGuard } from './destination-guard.js';
import { selfSigned } from './testing/self-signed.js';
import { WebhookSender } from './webhook-sender.js';

const webhook: SignedWebhook = {
  body: '{"event":"test"}',
  headers: {
    'x-hmac-signature': 'sha256=00',
    'webhook-id': 'id',
    'webhook-timestamp': '1',
    'webhook-signature': 'v1,AA==',
  },
};
const loopback = { address: '127.0.0.0', family: 'ipv4', prefixLength: 8 } as const;

describe('WebhookSender', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  function makeSender(timeoutMs = 2_000, rules = new AddressRules([loopback])): WebhookSender {
    const sender = new WebhookSender({ guard: new DestinationGuard(rules), timeoutMs });
    closing.push(() => sender.onApplicationShutdown());
    return sender;
  }

  async function listen(server: Server | TcpServer): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }

  async function receiver(listener: RequestListener): Promise<string> {
    return `http://127.0.0.1:${await listen(createServer(listener))}/hook`;
  }

  it('posts the very body with its headers, and keeps the start of the answer', async () => {
    const received: { request: IncomingMessage; body: string }[] = [];
    const url = await receiver((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        received.push({ request, body });
        response.writeHead(202).end('thank you');
      });
    });
    const answer = await makeSender().send(url, webhook);
    expect(answer).toEqual({ success: true, status: 202, error: null, response: 'thank you', retryAfterMs: null });
    expect(received[0]?.body).toBe(webhook.body);
    expect(received[0]?.request).toMatchObject({
      method: 'POST',
      url: '/hook',
      headers: { ...webhook.headers, 'content-type': 'application/json', 'user-agent': 'otpost-webhooks/1' },
    });
  });

  it('uses its connections again', async () => {
    const sockets = new Set<Socket>();
    const url = await receiver((request, response) => {
      sockets.add(request.socket);
      response.end();
    });
    const sender = makeSender();
    for (let n = 0; n < 20; n += 1) await sender.send(url, webhook);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it.each([
    [500, 'http_status'],
    [404, 'http_status'],
    [410, 'http_status'],
    [304, 'redirect'],
  ])('takes %d for a failure', async (status, error) => {
    const url = await receiver((_request, response) => response.writeHead(status, { 'retry-after': '7' }).end());
    expect(await makeSender().send(url, webhook)).toMatchObject({ success: false, status, error, retryAfterMs: 7_000 });
  });

  it('follows no redirect', async () => {
    let visited = false;
    const elsewhere = await receiver((_request, response) => {
      visited = true;
      response.end();
    });
    const url = await receiver((_request, response) => response.writeHead(307, { location: elsewhere }).end());
    expect(await makeSender().send(url, webhook)).toMatchObject({ success: false, status: 307, error: 'redirect' });
    expect(visited).toBe(false);
  });

  it('gives up when no answer comes in time, and when a body does not end counts the status', async () => {
    const silent = await receiver(() => undefined);
    expect(await makeSender(150).send(silent, webhook)).toMatchObject({
      success: false,
      status: null,
      error: 'timeout',
    });
    const dripping = await receiver((_request, response) => {
      response.writeHead(200).write('wait');
    });
    expect(await makeSender(150).send(dripping, webhook)).toMatchObject({
      success: true,
      status: 200,
      response: 'wait',
    });
  });

  it('says what went wrong in words of its own', async () => {
    const sender = makeSender();
    const closed = await listen(createTcpServer((socket) => socket.destroy()));
    expect((await sender.send(`http://127.0.0.1:${closed}/`, webhook)).error).toBe('connection_closed');
    const nonsense = await listen(createTcpServer((socket) => socket.end('not http at all\r\n\r\n')));
    expect((await sender.send(`http://127.0.0.1:${nonsense}/`, webhook)).error).toBe('invalid_response');
    expect((await sender.send('http://127.0.0.1:1/', webhook)).error).toBe('connection_refused');
    expect((await sender.send('http://nowhere.invalid/', webhook)).error).toBe('name_not_resolved');
    expect((await sender.send('http://10.0.0.1/', webhook)).error).toBe('destination_refused');
  });

  it('trusts no certificate that nobody vouches for, whatever the environment says', async () => {
    const port = await listen(createTlsServer(selfSigned, (_request, response) => response.end()));
    const sender = makeSender();
    expect(await sender.send(`https://127.0.0.1:${port}/`, webhook)).toMatchObject({ success: false, error: 'tls' });
  });
});
