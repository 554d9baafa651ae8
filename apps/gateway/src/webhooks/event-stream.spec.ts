import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EventStream, listedEvents, runEvents, type StreamItem } from './event-stream.js';
import { item } from './testing/stream-item.js';

function textOf(stream: EventStream): string {
  let text = '';
  for (let chunk: Buffer | null; (chunk = stream.read() as Buffer | null) !== null;) text += chunk.toString();
  return text;
}

const idsOf = (stream: EventStream) => [...textOf(stream).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('runEvents', () => {
  it('is one run.event in the form that CloudCruise reads, in one line of data', () => {
    const one: StreamItem = { ...item(7), payload: { message: 'two\nlines' }, created_at: '2026-01-02T03:04:05.678Z' };
    expect(runEvents.event(one)).toBe(
      'id: 7\nevent: run.event\ndata: {"data":{"event":"challenge.resolved","payload":{"message":"two\\nlines"},' +
        '"timestamp":1767323045,"expires_at":1767323345},"timestamp":"2026-01-02T03:04:05.000Z","expires_at":"2026-01-02T03:09:05.000Z"}\n\n',
    );
  });
});

describe('listedEvents', () => {
  it('is the event with its id and metadata, as it is listed', () => {
    const { position, ...listed } = { ...item(7), metadata: { run: 1 } };
    expect(listedEvents.event({ position, ...listed })).toBe(`id: 7\ndata: ${JSON.stringify(listed)}\n\n`);
  });
});

describe('EventStream', () => {
  it('sends what names its client or none, once, and only what is behind its position', () => {
    const stream = new EventStream('me', 'key', 2);
    for (const one of [item(1), item(2), item(3), item(4, 'them'), item(5, 'me'), item(5, 'me'), item(3)])
      stream.offer(one);
    expect(idsOf(stream)).toEqual([3, 5]);
    expect(stream.position).toBe(5);
  });

  it('tells with the first ping where it begins, for who is cut off before the first event', () => {
    const stream = new EventStream(null, 'key', 41, listedEvents);
    stream.ping(1_234);
    expect(textOf(stream)).toBe('id: 41\nevent: ping\ndata: {"ts":1234}\n\n');
  });

  it('sends everything where no client is named', () => {
    const stream = new EventStream(null, 'key', 0, listedEvents);
    for (const one of [item(1), item(2, 'them'), item(3, 'me')]) stream.offer(one);
    expect(idsOf(stream)).toEqual([1, 2, 3]);
  });

  it('pings with the time', () => {
    const stream = new EventStream('me', 'key', 0);
    stream.ping(1_234);
    expect(textOf(stream)).toBe('event: ping\ndata: {"ts":1234}\n\n');
  });

  it('sends out what it has when it ends, and nothing after', async () => {
    const stream = new EventStream('me', 'key', 0);
    const ended = new Promise((resolve) => stream.once('end', resolve));
    stream.offer(item(1));
    stream.end();
    stream.end();
    stream.offer(item(2));
    stream.ping(1);
    expect(idsOf(stream)).toEqual([1]);
    stream.resume();
    await ended;
  });

  it('is cut when its client does not read, rather than filling the memory', () => {
    const stream = new EventStream('me', 'key', 0);
    const large = { ...item(1), payload: { message: 'x'.repeat(100_000) } };
    for (let position = 1; position <= 20; position += 1) stream.offer({ ...large, position });
    expect(stream.destroyed).toBe(true);
  });

  it('has room again once its client has read, or is gone', async () => {
    const stream = new EventStream('me', 'key', 0);
    stream.offer({ ...item(1), payload: { message: 'x'.repeat(100_000) } });
    let hasRoom = false;
    const waiting = stream.roomy().then(() => (hasRoom = true));
    await turn();
    expect(hasRoom).toBe(false);
    textOf(stream);
    await waiting;
    stream.offer({ ...item(2), payload: { message: 'x'.repeat(100_000) } });
    const gone = stream.roomy();
    stream.destroy();
    await gone;
  });
});
