import { randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppError, defineRpc } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import type { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { z } from 'zod';
import { decodeReply, encodeError, encodeRequest, encodeResponse } from './contract-codec.js';
import { Messaging, RpcClient, RpcClientProxy } from './index.js';
import { frameField, RpcKeys } from './keys.js';
import { addRequests, runScript } from './scripts.js';
import { Sealer } from './sealing.js';
import * as contracts from './testing/contracts.js';
import { RedisServer } from './testing/redis-server.js';
import { startTestService, type TestServiceOptions } from './testing/test-service.js';
import { until } from './testing/until.js';
import { Direction, encodeEnvelope } from './wire.js';

const canary = 'canary-287082';
const text = new Secret(canary);
const keys = new RpcKeys('otpost');
const requests = keys.requests('vault');

/** A service no replica of which ever runs. */
const nobody = defineRpc({ pattern: 'dispatcher.test.nobody', request: z.object({}), response: z.object({}) });

const codeOf = (error: unknown) => (error as AppError).code;
const requestWith = (incarnation: string, body: string) => encodeRequest({ incarnation, trace: '', body });
const failure = (promise: Promise<unknown>) => promise.then(() => 'ok', codeOf);

describe('RPC', () => {
  const journal: string[] = [];
  const log: string[] = [];
  const transportKeyBytes = randomBytes(32);
  const started: (() => Promise<void>)[] = [];
  let redis: RedisServer;
  let observer: Redis;
  let options: TestServiceOptions;
  let client: RpcClient;

  const newClient = (overrides: Partial<TestServiceOptions> = {}, maxInFlight?: number): RpcClient => {
    const messaging = new Messaging({ ...options, ...overrides });
    const made = new RpcClient(messaging, maxInFlight === undefined ? {} : { maxInFlight });
    started.push(async () => {
      await made.close();
      messaging.close();
    });
    return made;
  };

  const newService = async (overrides: Partial<TestServiceOptions> = {}): Promise<NestFastifyApplication> => {
    const replica = `replica-${started.length}`;
    const app = await startTestService({ ...options, ...overrides }, { replica, write: (line) => journal.push(line) });
    started.push(() => app.close());
    return app;
  };

  beforeAll(async () => {
    redis = await RedisServer.start();
    observer = redis.client();
    const destination = new Writable({
      write(chunk: Buffer, _encoding, done) {
        log.push(chunk.toString());
        done();
      },
    });
    options = {
      redisUrl: new Secret(redis.url),
      transportKey: new Secret(transportKeyBytes.toString('hex')),
      logger: createLogger({ service: 'vault', replica: 'test', level: 'info', destination }),
    };
    await newService();
    client = newClient();
  });

  afterAll(async () => {
    for (const stop of started.reverse()) await stop();
    observer.disconnect();
    await redis.remove();
    expect(log.join('').includes(canary)).toBe(false);
  });

  describe('a call', () => {
    it('is answered with the decoded response', async () => {
      const response = await client.call(contracts.echo, { text, wait_ms: 0 });
      expect(response.text.reveal()).toBe(canary);
      expect(response.replica).toBe('replica-0');
    });

    it('is answered likewise when it must not be repeated', async () => {
      const id = randomUUID();
      expect((await client.call(contracts.markOnce, { id, text, wait_ms: 0 })).id).toBe(id);
      expect(journal.filter((line) => line === `once ${id}`)).toHaveLength(1);
    });

    it('ends with code, message, fields and retry hint of the AppError of its handler', async () => {
      const error: unknown = await client.call(contracts.fail, { how: 'app_error', text }).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: 'conflict',
        message: 'Already there',
        fields: [{ path: 'id', message: 'taken' }],
        retryAfterSeconds: 7,
        internal: undefined,
      });
    });

    it.each(['error', 'wrong_response'] as const)('ends as internal after %s, told to the log only', async (how) => {
      const before = log.length;
      const error: unknown = await client.call(contracts.fail, { how, text }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'internal', message: 'Internal error' });
      const line = log.slice(before).join('');
      expect(line).toContain('rpc.failed');
      expect(line).toContain('vault.test.fail');
      expect(line).not.toContain(canary);
    });

    it('is not even sent when it breaks its contract', async () => {
      const wrong = { text: canary, wait_ms: 0 } as unknown as { text: Secret; wait_ms: number };
      expect(await failure(client.call(contracts.echo, wrong))).toBe('internal');
    });

    it('reaches the asking process alone, whoever else asks', async () => {
      const other = newClient();
      const ask = (who: RpcClient, name: string) =>
        Promise.all(
          Array.from({ length: 100 }, async (_, index) => {
            const said = `${name} ${index}`;
            const { text: heard } = await who.call(contracts.echo, { text: new Secret(said), wait_ms: index % 5 });
            expect(heard.reveal()).toBe(said);
          }),
        );
      await Promise.all([ask(client, 'one'), ask(other, 'two')]);
    });

    it('is shared out among replicas, each to one', async () => {
      const second = await newService();
      await until('the second replica answers', async () => {
        return (await client.call(contracts.echo, { text, wait_ms: 0 })).replica !== 'replica-0';
      });
      const ids = Array.from({ length: 200 }, () => randomUUID());
      await Promise.all(ids.map((id) => client.call(contracts.mark, { id, text, wait_ms: 1 })));
      for (const id of ids) expect(journal.filter((line) => line === `mark ${id}`)).toHaveLength(1);
      await second.close();
    });

    it('can be made through a ClientProxy of Nest, and cancelled by unsubscribing', async () => {
      const proxy = new RpcClientProxy({ client, contracts: contracts.testContracts });
      const response = await firstValueFrom(
        proxy.send<{ replica: string }>(contracts.echo.pattern, { text, wait_ms: 0 }),
      );
      expect(response.replica).toBe('replica-0');
      await expect(
        firstValueFrom(proxy.send(contracts.fail.pattern, { how: 'app_error', text })),
      ).rejects.toMatchObject({
        code: 'conflict',
      });
      const id = randomUUID();
      const subscription = proxy.send(contracts.wait.pattern, { id }).subscribe();
      await until('the handler waits', () => journal.includes(`waiting ${id}`));
      subscription.unsubscribe();
      await until('the handler is told', () => journal.includes(`aborted ${id} cancelled`));
    });
  });

  describe('a caller that gives up', () => {
    it('is told so at once, and so is the handler', async () => {
      const id = randomUUID();
      const giveUp = new AbortController();
      const call = failure(client.call(contracts.wait, { id }, { signal: giveUp.signal }));
      await until('the handler waits', () => journal.includes(`waiting ${id}`));
      giveUp.abort();
      expect(await call).toBe('cancelled');
      await until('the handler is told', () => journal.includes(`aborted ${id} cancelled`));
    });

    it('before it has asked sends nothing', async () => {
      expect(await failure(client.call(nobody, {}, { signal: AbortSignal.abort() }))).toBe('cancelled');
      expect(await observer.exists(keys.requests('dispatcher'))).toBe(0);
    });

    it('takes back what nobody has read', async () => {
      const giveUp = new AbortController();
      const call = failure(client.call(nobody, {}, { signal: giveUp.signal }));
      await until('it is sent', async () => (await observer.xlen(keys.requests('dispatcher'))) === 1);
      // Its place in the stream is known a moment after it is there.
      await client.call(contracts.echo, { text, wait_ms: 0 });
      giveUp.abort();
      expect(await call).toBe('cancelled');
      await until('it is gone', async () => (await observer.xlen(keys.requests('dispatcher'))) === 0);
    });
  });

  describe('a deadline', () => {
    it('ends a call that nobody answers, and takes it back', async () => {
      const began = performance.now();
      expect(await failure(client.call(nobody, {}, { deadlineMs: 150 }))).toBe('deadline_exceeded');
      expect(performance.now() - began).toBeGreaterThanOrEqual(149);
      await until('it is gone', async () => (await observer.xlen(keys.requests('dispatcher'))) === 0);
    });

    it('stops the handler', async () => {
      const id = randomUUID();
      expect(await failure(client.call(contracts.wait, { id }, { deadlineMs: 200 }))).toBe('deadline_exceeded');
      await until('the handler is told', () => journal.includes(`aborted ${id} deadline_exceeded`));
    });

    it('of an at-most-once call leaves open whether it happened', async () => {
      const call = client.call(contracts.markOnce, { id: randomUUID(), text, wait_ms: 400 }, { deadlineMs: 200 });
      expect(await failure(call)).toBe('outcome_unknown');
    });
  });

  describe('too much at once', () => {
    it('is refused by the caller, at once, beyond its own bound', async () => {
      const modest = newClient({}, 2);
      const calls = [1, 2].map(() => modest.call(contracts.echo, { text, wait_ms: 50 }));
      const error: unknown = await modest.call(contracts.echo, { text, wait_ms: 0 }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
      await Promise.all(calls);
      await modest.call(contracts.echo, { text, wait_ms: 0 });
    });

    it('is refused at once when all replicas have their hands full, and taken when they do not', async () => {
      await newService({ prefix: 'small', maxInFlight: 3 });
      const asking = newClient({ prefix: 'small' });
      await asking.call(contracts.echo, { text, wait_ms: 0 });
      const giveUp = new AbortController();
      const ids = [1, 2, 3].map(() => randomUUID());
      const waiting = ids.map((id) => failure(asking.call(contracts.wait, { id }, { signal: giveUp.signal })));
      await until('all wait', () => ids.every((id) => journal.includes(`waiting ${id}`)));
      const began = performance.now();
      expect(await failure(asking.call(contracts.echo, { text, wait_ms: 0 }))).toBe('overloaded');
      expect(performance.now() - began).toBeLessThan(1_000);
      giveUp.abort();
      expect(await Promise.all(waiting)).toEqual(['cancelled', 'cancelled', 'cancelled']);
      await until(
        'there is room',
        async () => (await failure(asking.call(contracts.echo, { text, wait_ms: 0 }))) === 'ok',
      );
    });

    it('of 5,000 calls answers or refuses each, and breaks nothing', async () => {
      const eager = newClient({}, 5_000);
      const calls = Array.from({ length: 5_000 }, () => failure(eager.call(contracts.echo, { text, wait_ms: 0 })));
      const ends = new Set(await Promise.all(calls));
      ends.delete('ok');
      ends.delete('overloaded');
      expect([...ends]).toEqual([]);
      expect(await failure(client.call(contracts.echo, { text, wait_ms: 0 }))).toBe('ok');
    });
  });

  describe('what somebody else puts into Redis', () => {
    const sealer = new Sealer([new Secret(new Uint8Array(transportKeyBytes))]);
    const replyTo = randomBytes(16);
    const envelopeOf = (pattern: string, id = randomBytes(16), deadline = Date.now() + 20_000) =>
      encodeEnvelope({ id, deadline, replyTo, pattern });
    const mark = (id: string) => JSON.stringify({ id, text: canary, wait_ms: 0 });
    const put = (frame: Buffer) => observer.xadd(requests, '*', frameField, frame);
    const dealtWith = () => until('all is dealt with', async () => (await observer.xlen(requests)) === 0);
    const incarnation = async () => {
      const answer = await runScript(
        observer,
        addRequests,
        [requests, keys.capacity('vault')],
        [2_000, 'unknown', 300_000],
      );
      return (answer as string[])[1] ?? '';
    };
    /** What was replied to the pretended process. */
    const replies = async () => {
      const frames = await observer.lrangeBuffer(keys.replies(replyTo.toString('hex')), 0, -1);
      await observer.del(keys.replies(replyTo.toString('hex')));
      return frames.map((frame) => decodeReply(sealer.open(frame, Direction.reply).content));
    };

    it('is executed when it is a request of the deployment: the tests below leave nothing out', async () => {
      const id = randomUUID();
      await put(sealer.seal(Direction.request, envelopeOf('vault.test.mark'), requestWith('', mark(id))));
      await dealtWith();
      expect(journal).toContain(`mark ${id}`);
      expect(await replies()).toHaveLength(1);
    });

    it('is not executed a second time when it must not be repeated, even with the record in Redis deleted', async () => {
      const [id, messageId] = [randomUUID(), randomBytes(16)];
      const content = requestWith(await incarnation(), mark(id));
      const frame = sealer.seal(Direction.request, envelopeOf('vault.test.mark-once', messageId), content);
      for (let i = 0; i < 3; i += 1) await put(frame);
      await dealtWith();
      expect(await observer.del(keys.claim('vault', messageId.toString('hex')))).toBe(1);
      await put(frame);
      await dealtWith();
      expect(journal.filter((line) => line === `once ${id}`)).toHaveLength(1);
      expect(await replies()).toHaveLength(1);
      expect(log.join('')).toContain('rpc.request_repeated');
    });

    it('is not executed when it is of before a restart of Redis and must not be repeated', async () => {
      const id = randomUUID();
      const content = requestWith('0123456789abcdef0123456789abcdef', mark(id));
      await put(sealer.seal(Direction.request, envelopeOf('vault.test.mark-once'), content));
      await dealtWith();
      expect(journal).not.toContain(`once ${id}`);
      expect(await replies()).toMatchObject([{ code: 'outcome_unknown' }]);
    });

    it('is not executed after its deadline', async () => {
      const id = randomUUID();
      const envelope = envelopeOf('vault.test.mark', randomBytes(16), Date.now() - 1);
      await put(sealer.seal(Direction.request, envelope, requestWith('', mark(id))));
      await dealtWith();
      expect(journal).not.toContain(`mark ${id}`);
      expect(await replies()).toMatchObject([{ code: 'deadline_exceeded' }]);
    });

    it('is neither executed nor answered when it is not sealed by the deployment, or was changed', async () => {
      const id = randomUUID();
      const stranger = new Sealer([new Secret(new Uint8Array(randomBytes(32)))]);
      const content = requestWith('', mark(id));
      const changed = sealer.seal(Direction.request, envelopeOf('vault.test.mark'), content);
      changed[60] = (changed[60] ?? 0) ^ 1;
      await put(stranger.seal(Direction.request, envelopeOf('vault.test.mark'), content));
      await put(changed);
      await put(sealer.seal(Direction.reply, envelopeOf('vault.test.mark'), content));
      await put(Buffer.from(mark(id)));
      await dealtWith();
      expect(journal).not.toContain(`mark ${id}`);
      expect(await replies()).toEqual([]);
      for (const reason of ['unknown_key', 'not_authentic', 'wrong_direction', 'malformed']) {
        expect(log.join('')).toContain(`"reason":"${reason}"`);
      }
    });

    it('says unavailable for a pattern this version of the service does not know', async () => {
      await put(sealer.seal(Direction.request, envelopeOf('vault.test.newer'), requestWith('', '{}')));
      await dealtWith();
      expect(await replies()).toMatchObject([{ code: 'unavailable' }]);
    });

    it('does not pass for a reply', async () => {
      const asking = newClient();
      const call = asking.call(contracts.echo, { text, wait_ms: 300 });
      let list = '';
      await until('it is asked', async () => {
        const clients = String(await observer.client('LIST'));
        list = clients.includes('cmd=blmpop') ? 'blocked' : '';
        return list !== '';
      });
      // Garbage, and well sealed replies to nothing that was asked.
      for (const key of await observer.keys('otpost:rpc:{reply:*')) await observer.rpush(key, 'garbage');
      const address = (asking as unknown as { address: Buffer }).address;
      const forged = encodeEnvelope({
        id: randomBytes(16),
        deadline: Date.now(),
        replyTo: address,
        pattern: 'vault.test.echo',
      });
      await observer.rpush(
        keys.replies(address.toString('hex')),
        'garbage',
        sealer.seal(Direction.reply, forged, encodeResponse('{}')),
        sealer.seal(
          Direction.reply,
          forged,
          encodeError({ code: 'conflict', message: '', fields: [] } as unknown as AppError),
        ),
      );
      expect((await call).text.reveal()).toBe(canary);
    });
  });

  describe('an event', () => {
    it('is handled by one replica', async () => {
      const id = randomUUID();
      await client.emit(contracts.happened, { id, text });
      await until('it is handled', () => journal.includes(`event ${id}`));
      expect(journal.filter((line) => line === `event ${id}`)).toHaveLength(1);
    });
  });

  describe('a service', () => {
    it('does not start unless it handles each of its patterns, and no other', async () => {
      const undeclared = contracts.testContracts.filter((contract) => contract !== contracts.echo);
      const unhandled = defineRpc({ pattern: 'vault.test.unhandled', request: z.object({}), response: z.object({}) });
      const start = newService({ contracts: [...undeclared, unhandled, nobody] });
      await expect(start).rejects.toThrow(
        /vault\.test\.unhandled has no handler[^]*vault\.test\.echo is handled but not declared/,
      );
    });
  });

  it('works on a Redis Cluster', async () => {
    const cluster = await RedisServer.start({ cluster: true });
    const redisUrl = new Secret(cluster.url.replace('redis:', 'redis+cluster:'));
    const service = await startTestService(
      { ...options, redisUrl },
      { replica: 'c', write: (line) => journal.push(line) },
    );
    const asking = newClient({ redisUrl });
    const id = randomUUID();
    await Promise.all([
      asking.call(contracts.echo, { text, wait_ms: 0 }),
      asking.call(contracts.markOnce, { id, text, wait_ms: 0 }),
      asking.emit(contracts.happened, { id, text }),
    ]);
    await until('the event is handled', () => journal.includes(`event ${id}`));
    await started.pop()?.();
    await service.close();
    await cluster.remove();
  });

  it('hangs on nothing while Redis is away, and goes on when it is back', async () => {
    const asking = newClient();
    await asking.call(contracts.echo, { text, wait_ms: 0 });
    const lost = log.length;
    await redis.stop('SIGKILL');
    await until('the loss is noticed', () => log.slice(lost).join('').includes('redis.lost'));
    const began = performance.now();
    const ends = await Promise.all([
      failure(asking.call(contracts.echo, { text, wait_ms: 0 }, { deadlineMs: 300 })),
      failure(asking.call(contracts.markOnce, { id: 'x', text, wait_ms: 0 }, { deadlineMs: 300 })),
    ]);
    expect(ends).toEqual(['unavailable', 'unavailable']);
    expect(performance.now() - began).toBeLessThan(2_000);
    const patient = asking.call(contracts.echo, { text, wait_ms: 0 });
    await redis.start();
    expect((await patient).text.reveal()).toBe(canary);
  });

  it('waits no longer for Redis than a restart takes, and not at all once it is known to be away for longer', async () => {
    const asking = newClient();
    await asking.call(contracts.echo, { text, wait_ms: 0 });
    const lost = log.length;
    await redis.stop('SIGKILL');
    await until('the loss is noticed', () => log.slice(lost).join('').includes('redis.lost'));
    const began = performance.now();
    expect(await failure(asking.call(contracts.echo, { text, wait_ms: 0 }))).toBe('unavailable');
    const waited = performance.now() - began;
    expect(waited).toBeLessThan(contracts.echo.deadlineMs / 2);
    expect(await failure(asking.call(contracts.echo, { text, wait_ms: 0 }))).toBe('unavailable');
    expect(performance.now() - began - waited).toBeLessThan(waited / 2);
    await redis.start();
    await until('it goes on', async () => (await failure(asking.call(contracts.echo, { text, wait_ms: 0 }))) === 'ok');
  });

  it('lets go of Redis while it is away', async () => {
    const messaging = new Messaging(options);
    const asking = new RpcClient(messaging);
    await asking.call(contracts.echo, { text, wait_ms: 0 });
    const lost = log.length;
    await redis.stop('SIGKILL');
    await until('the loss is noticed', () => log.slice(lost).join('').includes('redis.lost'));
    const call = failure(asking.call(contracts.echo, { text, wait_ms: 0 }));
    await asking.close();
    messaging.close();
    expect(await call).toBe('unavailable');
    expect(await failure(asking.call(contracts.echo, { text, wait_ms: 0 }))).toBe('unavailable');
    await redis.start();
    await until('it goes on', async () => (await failure(client.call(contracts.echo, { text, wait_ms: 0 }))) === 'ok');
  });
});
