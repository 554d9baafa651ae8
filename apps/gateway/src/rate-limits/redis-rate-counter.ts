import { Inject, Injectable } from '@nestjs/common';
import { Messaging } from '@otpost/messaging';
import type { RateCounter } from './rate-limiter.js';

const keepMs = 5_000;

/** One counter a key and second, in Redis; gone after a few seconds. */
@Injectable()
export class RedisRateCounter implements RateCounter {
  constructor(
    @Inject(Messaging) private readonly messaging: Messaging,
    @Inject('REDIS_PREFIX') private readonly prefix: string,
  ) {}

  async add(name: string, second: number, amount: number): Promise<number> {
    const key = `${this.prefix}:rate:{${name}}:${second}`;
    const results = await this.messaging.commands.client.multi().incrby(key, amount).pexpire(key, keepMs).exec();
    const [error, total] = results?.[0] ?? [new Error('no answer'), 0];
    if (error) throw error;
    return Number(total);
  }
}
