import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '@otpost/envelope';
import fc from 'fast-check';
import { parseTransportKeys, RefusedMessage, Sealer } from './sealing.js';
import { Direction, encodeEnvelope, envelopeOffset, nonceOffset, readHeader, saltOffset } from './wire.js';

const newKey = () => new Secret(new Uint8Array(randomBytes(32)));
const envelope = encodeEnvelope({
  id: randomBytes(16),
  deadline: 1_795_000_000_123,
  replyTo: randomBytes(16),
  pattern: 'vault.test.echo',
});

describe('a sealed message', () => {
  const key = newKey();
  const sender = new Sealer([key]);
  const receiver = new Sealer([key]);

  it('opens in another process, with its envelope as it was', () => {
    fc.assert(
      fc.property(
        fc.record({
          id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
          deadline: fc.nat({ max: Number.MAX_SAFE_INTEGER }).map((value) => value % 2 ** 47),
          replyTo: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
          pattern: fc.string({ maxLength: 60 }),
        }),
        fc.uint8Array({ maxLength: 500 }),
        (fields, content) => {
          const frame = sender.seal(Direction.request, encodeEnvelope(fields), Buffer.from(content));
          const opened = receiver.open(frame, Direction.request);
          expect(opened.content.equals(Buffer.from(content))).toBe(true);
          expect(opened.header.id.equals(fields.id)).toBe(true);
          expect(opened.header.replyTo.equals(fields.replyTo)).toBe(true);
          expect(opened.header.deadline).toBe(fields.deadline);
          expect(opened.header.pattern).toBe(fields.pattern);
          expect(opened.header.envelope.equals(encodeEnvelope(fields))).toBe(true);
        },
      ),
    );
  });

  it('does not open after any one of its bits was changed', () => {
    const frame = sender.seal(Direction.request, envelope, 'a secret');
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const changed = Buffer.from(frame);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => receiver.open(changed, Direction.request, Direction.reply, Direction.event)).toThrow(RefusedMessage);
    }
  });

  it('does not open when it was cut off, at any length, or made longer', () => {
    const frame = sender.seal(Direction.request, envelope, 'a secret');
    for (let length = 0; length < frame.length; length += 1) {
      expect(() => receiver.open(frame.subarray(0, length), Direction.request)).toThrow(RefusedMessage);
    }
    expect(() => receiver.open(Buffer.concat([frame, Buffer.alloc(1)]), Direction.request)).toThrow('not_authentic');
  });

  it('does not open under the envelope of another message', () => {
    const other = sender.seal(
      Direction.request,
      encodeEnvelope({ ...fieldsOf(envelope), id: randomBytes(16) }),
      'other',
    );
    const frame = sender.seal(Direction.request, envelope, 'a secret');
    const end = envelopeOffset + envelope.length;
    const mixed = Buffer.concat([other.subarray(0, end), frame.subarray(end)]);
    expect(() => receiver.open(mixed, Direction.request)).toThrow('not_authentic');
  });

  it('does not open as one of another direction', () => {
    const frame = sender.seal(Direction.request, envelope, 'a secret');
    expect(() => receiver.open(frame, Direction.reply)).toThrow('wrong_direction');
    frame[1] = Direction.reply;
    expect(() => receiver.open(frame, Direction.reply)).toThrow('not_authentic');
  });

  it('does not open under another transport key', () => {
    const frame = new Sealer([newKey()]).seal(Direction.request, envelope, 'a secret');
    expect(() => receiver.open(frame, Direction.request)).toThrow('unknown_key');
  });

  it('opens under any of several transport keys, and is sealed under the first', () => {
    const next = newKey();
    const rotating = new Sealer([next, key]);
    expect(rotating.open(sender.seal(Direction.event, envelope, 'old'), Direction.event).content.toString()).toBe(
      'old',
    );
    const frame = rotating.seal(Direction.event, envelope, 'new');
    expect(new Sealer([next]).open(frame, Direction.event).content.toString()).toBe('new');
    expect(() => receiver.open(frame, Direction.event)).toThrow('unknown_key');
  });

  it('never has the nonce of another one under the same subkey', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 10_000; i += 1) {
      const frame = sender.seal(Direction.request, envelope, 'a secret');
      seen.add(frame.toString('hex', saltOffset, envelopeOffset));
    }
    expect(seen.size).toBe(10_000);
    // Another instance starts counting anew, under a salt, and so a subkey, of its own.
    const [one, two] = [new Sealer([key]), new Sealer([key])].map((sealer) =>
      sealer.seal(Direction.event, envelope, ''),
    );
    expect(one?.subarray(nonceOffset, envelopeOffset)).toEqual(two?.subarray(nonceOffset, envelopeOffset));
    expect(one?.subarray(saltOffset, nonceOffset)).not.toEqual(two?.subarray(saltOffset, nonceOffset));
  });

  it('opens however many senders there are', () => {
    const senders = Array.from({ length: 1_100 }, () => new Sealer([key]));
    for (const round of ['first', 'second']) {
      for (const each of senders) {
        expect(receiver.open(each.seal(Direction.event, envelope, round), Direction.event).content.toString()).toBe(
          round,
        );
      }
    }
  });

  it('shows pattern, id, deadline and reply address, and nothing of its content', () => {
    const frame = sender.seal(Direction.request, envelope, 'canary'.repeat(10));
    expect(readHeader(frame)?.pattern).toBe('vault.test.echo');
    expect(frame.includes('canary')).toBe(false);
  });
});

describe('transport keys', () => {
  it('are read from hex, several separated by commas', () => {
    const keys = parseTransportKeys(new Secret(`${'0a'.repeat(32)},${'FF'.repeat(32)}`));
    expect(keys.map((each) => each.reveal()[0])).toEqual([10, 255]);
  });

  it.each(['', 'ab', 'zz'.repeat(32), `${'ab'.repeat(32)},`])(
    'are refused when malformed, without being repeated',
    (text) => {
      expect(() => parseTransportKeys(new Secret(text))).toThrow('a transport key is 64 hex digits');
    },
  );
});

function fieldsOf(bytes: Buffer) {
  const header = readHeader(Buffer.concat([Buffer.from([1, 1]), Buffer.alloc(36), bytes, Buffer.alloc(16)]));
  if (header === null) throw new Error('no header');
  const { id, deadline, replyTo, pattern } = header;
  return { id, deadline, replyTo, pattern };
}
