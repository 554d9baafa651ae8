import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { createClient } from './index.js';
import { ApiStandIn, type Seen } from './testing/api-stand-in.js';

let api: ApiStandIn;
beforeEach(async () => {
  api = await new ApiStandIn().start();
});
afterEach(() => api.stop());

const ping = (position: number) => `id: ${position}\nevent: ping\ndata: {"ts":1}\n\n`;
const event = (position: number) => `id: ${position}\ndata: ${JSON.stringify({ id: `e-${position}` })}\n\n`;

/** Each connection gets the next text, and is then cut; the last one stays open. */
function serve(...texts: string[]): void {
  api.answer = (_: Seen, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = texts.shift() ?? '';
    if (texts.length > 0) response.end(text);
    else response.write(text);
    return 'answered';
  };
}

async function take(count: number): Promise<{ ids: string[]; lost: number; connected: number[] }> {
  const stopping = new AbortController();
  const [ids, connected]: [string[], number[]] = [[], []];
  let lost = 0;
  const options = {
    signal: stopping.signal,
    onLost: () => (lost += 1),
    onConnected: (position: number) => void connected.push(position),
  };
  for await (const { id } of createClient({ url: api.url, apiKey: 'key' }).events(options)) {
    ids.push(id);
    if (ids.length === count) stopping.abort();
  }
  return { ids, lost, connected };
}

const positions = () => api.seen.map(({ headers }) => headers['last-event-id'] ?? null);

describe('events', () => {
  it('goes on where it was after each lost connection: every event once', async () => {
    serve(ping(7) + event(8) + event(9), event(9) + event(10) + 'id: 11\ndata: {"id":"cut o', event(11));
    expect(await take(4)).toEqual({ ids: ['e-8', 'e-9', 'e-10', 'e-11'], lost: 2, connected: [7, 9, 10] });
    expect(positions()).toEqual([null, '9', '10']);
  });

  it('misses nothing that happens while it is cut off before the first event', async () => {
    serve(ping(7), ping(8) + event(8));
    expect(await take(1)).toMatchObject({ ids: ['e-8'] });
    expect(positions()).toEqual([null, '7']);
  });

  it('does not insist where it is refused', async () => {
    api.answer = () => ({ status: 403, body: { code: 'forbidden', detail: 'no' } });
    await expect(take(1)).rejects.toMatchObject({ status: 403, code: 'forbidden' });
    expect(api.seen).toHaveLength(1);
  });

  it('reads events in whatever pieces they come', async () => {
    const text = `: a comment\r\n${ping(1).replaceAll('\n', '\r\n')}${event(2)}`;
    api.answer = (_, response) => {
      response.writeHead(200);
      for (const byte of Buffer.from(text)) response.write(Buffer.from([byte]));
      return 'answered';
    };
    expect((await take(1)).ids).toEqual(['e-2']);
  });
});
