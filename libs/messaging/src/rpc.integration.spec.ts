import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Secret } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import { Messaging, RpcClient } from './index.js';
import * as contracts from './testing/contracts.js';
import { RedisServer } from './testing/redis-server.js';
import { startTestService } from './testing/test-service.js';

describe('RPC', () => {
  let redis: RedisServer;
  let service: NestFastifyApplication;
  let messaging: Messaging;
  let client: RpcClient;
  const journal: string[] = [];
  const transportKey = new Secret(randomBytes(32).toString('hex'));

  beforeAll(async () => {
    redis = await RedisServer.start();
    const logger = createLogger({ service: 'vault', replica: 'test', level: 'silent' });
    const options = { redisUrl: new Secret(redis.url), transportKey, logger };
    service = await startTestService(options, { replica: 'a', write: (line) => journal.push(line) });
    messaging = new Messaging(options);
    client = new RpcClient(messaging);
  });

  afterAll(async () => {
    await client.close();
    messaging.close();
    await service.close();
    await redis.remove();
  });

  it('answers a call with the decoded response', async () => {
    const response = await client.call(contracts.echo, { text: new Secret('canary'), wait_ms: 0 });
    expect(response.text.reveal()).toBe('canary');
    expect(response.replica).toBe('a');
  });

  it('keeps code, message, fields and retry hint of an AppError, and nothing else', async () => {
    const error: unknown = await client
      .call(contracts.fail, { how: 'app_error', text: new Secret('x') })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'conflict',
      message: 'Already there',
      fields: [{ path: 'id', message: 'taken' }],
      retryAfterSeconds: 7,
      internal: undefined,
    });
  });

  it('answers at-most-once calls', async () => {
    const response = await client.call(contracts.markOnce, { id: '1', text: new Secret('x'), wait_ms: 0 });
    expect(response.id).toBe('1');
  });
});
