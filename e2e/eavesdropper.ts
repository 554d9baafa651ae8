import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { call } from './api.js';
import { testFolder, type System, type Workspace } from './system.js';

/** Hears what a workspace's webhooks and event stream tell. */
export interface Eavesdropper {
  readonly webhooks: number;
  /** Events on the stream; pings do not count. */
  readonly streamed: number;
  /** Milliseconds since the stream was opened, while it is the same one. */
  streamOpenMs(): number | undefined;
  close(): Promise<void>;
}

/** Writes every webhook, head and body, and every line of the event stream to where the canary test looks. */
export async function eavesdrop(system: System, { apiKey: key }: Workspace, name: string): Promise<Eavesdropper> {
  const folder = join(testFolder(), `heard-${name}`, 'logs');
  mkdirSync(folder, { recursive: true });
  const write = (text: string) => appendFileSync(join(folder, 'heard.log'), `${text}\n`, { mode: 0o600 });

  let webhooks = 0;
  let streamed = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      write(`${JSON.stringify(request.headers)}\n${body}`);
      webhooks += 1;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await call(system, '/v1/webhook-endpoints', { key, body: { url } });

  const hangUp = new AbortController();
  const stream = await fetch(`${system.gatewayUrl}/run/clients/eavesdropper/events`, {
    headers: { authorization: `Bearer ${key}` },
    signal: hangUp.signal,
  });
  if (stream.body === null || !stream.ok) throw new Error(`the event stream answered ${stream.status}`);
  const openedAt = performance.now();
  let isOpen = true;
  const listening = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream.body ?? []) {
      const text = decoder.decode(chunk as Uint8Array, { stream: true });
      write(text);
      streamed += text.match(/^event: run\.event$/gm)?.length ?? 0;
    }
  })()
    .catch(() => undefined)
    .finally(() => (isOpen = false));

  return {
    get webhooks() {
      return webhooks;
    },
    get streamed() {
      return streamed;
    },
    streamOpenMs: () => (isOpen ? performance.now() - openedAt : undefined),
    close: async () => {
      hangUp.abort();
      await listening;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
