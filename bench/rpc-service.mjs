// @ts-check
/** The answering half of `bench/rpc.mjs`: a Nest app with one handler, and the floor's bare loop. */
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { defineRpc, secretText, workspaceCaller } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { Messaging, MessagingModule, RedisRpcServer, Rpc } from '@otpost/messaging';
import { createLogger } from '@otpost/platform';
import { Redis } from 'ioredis';
import { z } from 'zod';

/** As large as the code path's: who asks, and an id; a code comes back. */
export const benchCall = defineRpc({
  pattern: 'vault.bench.call',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: z.object({ code: secretText, expires_in_seconds: z.int() }),
});

/** @param {string} url @param {string} transportKey */
export function messagingOptions(url, transportKey) {
  const logger = createLogger({ service: 'vault', replica: 'bench', level: 'warn' });
  return { redisUrl: new Secret(url), transportKey: new Secret(transportKey), logger };
}

export const floorRequests = 'bench:floor:requests';
export const floorReplies = 'bench:floor:replies';

if (process.send !== undefined) {
  const [url = '', transportKey = ''] = process.argv.slice(2);
  await serve(url, transportKey);
  void serveFloor(url);
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
}

/** @param {string} url @param {string} transportKey */
async function serve(url, transportKey) {
  class BenchController {
    call() {
      return Promise.resolve({ code: new Secret('123456'), expires_in_seconds: 17 });
    }
  }
  const method = Object.getOwnPropertyDescriptor(BenchController.prototype, 'call') ?? {};
  Rpc(benchCall)(BenchController.prototype, 'call', method);
  Controller()(BenchController);
  class BenchModule {}
  Module({})(BenchModule);
  const imports = [MessagingModule.forRoot(messagingOptions(url, transportKey))];
  const app = await NestFactory.create(
    { module: BenchModule, imports, controllers: [BenchController] },
    new FastifyAdapter(),
    { logger: false },
  );
  const strategy = new RedisRpcServer(app.get(Messaging), { service: 'vault', contracts: [benchCall] });
  app.connectMicroservice({ strategy });
  await app.startAllMicroservices();
}

/** @param {string} url */
async function serveFloor(url) {
  const [reader, writer] = [new Redis(url), new Redis(url)];
  for (;;) {
    const popped = await reader.blmpop(0, 1, floorRequests, 'LEFT', 'COUNT', 128);
    const requests = popped?.[1] ?? [];
    const answers = requests.map((text) => {
      const { sequence } = JSON.parse(text);
      return JSON.stringify({ sequence, code: '123456', expires_in_seconds: 17 });
    });
    void writer.rpush(floorReplies, ...answers);
  }
}
