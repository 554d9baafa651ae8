import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Secret } from './secret.js';

const CANARY = 'canary-287082-hunter2';

/** What a logger writes, collected. */
function sink(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

describe('Secret', () => {
  const secret = new Secret(CANARY);

  it('gives the value to those who ask for it', () => {
    expect(secret.reveal()).toBe(CANARY);
    expect(new Secret({ seed: 1 }).reveal()).toEqual({ seed: 1 });
  });

  it('prints [redacted] wherever it becomes a string', () => {
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions -- the mistake this class is for
    expect(`${secret}`).toBe('[redacted]');
    expect(String(secret)).toBe('[redacted]');
    expect(secret.toString()).toBe('[redacted]');
    // eslint-disable-next-line @typescript-eslint/restrict-plus-operands -- as above
    expect('code: ' + secret).toBe('code: [redacted]');
    expect([secret, secret].join()).toBe('[redacted],[redacted]');
    expect(Number(secret)).toBeNaN();
  });

  it('prints [redacted] in JSON, at any depth', () => {
    expect(JSON.stringify({ a: [{ secret }] })).toBe('{"a":[{"secret":"[redacted]"}]}');
  });

  it('prints [redacted] through util.inspect, util.format and the console', () => {
    expect(inspect(secret)).toBe('[redacted]');
    expect(inspect({ deep: [secret] }, { depth: 9, showHidden: true, getters: true })).not.toContain(CANARY);
    expect(inspect(secret, { customInspect: false, showHidden: true, showProxy: true })).not.toContain(CANARY);
    expect(format('%s %o %O %j %d', secret, secret, secret, secret, secret)).not.toContain(CANARY);
    const out = sink();
    new Console(out.stream).log('got', secret, { secret }, new Map([['secret', secret]]));
    expect(out.text()).toContain('[redacted]');
    expect(out.text()).not.toContain(CANARY);
  });

  it('prints [redacted] through pino: merged, as an argument, in a child, and on an error', () => {
    const out = sink();
    const logger = pino({}, out.stream);
    logger.info({ secret, nested: { secret } }, 'merged');
    logger.info('as %s and %o and %j', secret, secret, secret);
    logger.child({ secret }).info('child');
    logger.error(Object.assign(new Error('failed'), { secret }));
    expect(out.text()).toContain('[redacted]');
    expect(out.text()).not.toContain(CANARY);
  });

  it('has no property to enumerate, spread, clone or serialize', () => {
    expect(Reflect.ownKeys(secret)).toEqual([]);
    expect({ ...secret }).toEqual({});
    expect(Object.entries(secret)).toEqual([]);
    expect(inspect(structuredClone(secret), { showHidden: true })).not.toContain(CANARY);
    const bytes = serialize({ secret });
    expect(bytes.includes(CANARY)).toBe(false);
    expect(inspect(deserialize(bytes))).not.toContain(CANARY);
  });

  it('keeps values that are no strings as well', () => {
    const seed = new Secret(Buffer.from(CANARY));
    expect(JSON.stringify({ seed })).toBe('{"seed":"[redacted]"}');
    expect(inspect({ seed })).toBe('{ seed: [redacted] }');
  });
});
