import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@otpost/contracts';
import { Messaging } from '@otpost/messaging';

interface Patience {
  /** Tries before the first pause. */
  free: number;
  /** The first pause; each further try doubles it. */
  firstPauseMs: number;
  longestPauseMs: number;
}

/** A person mistypes a few times; behind one address may sit a whole office. */
const perSeat: Patience = { free: 5, firstPauseMs: 15_000, longestPauseMs: 900_000 };
const perAddress: Patience = { free: 20, firstPauseMs: 15_000, longestPauseMs: 900_000 };
/** After that long without a try, all is forgotten. */
const rememberedMs = 86_400_000;

/**
 * Counts a try, unless a pause lasts: then it answers how long, else until when the pause lasts that it begins itself. That begins with
 * the try, not with its failure, so that a hundred at once are no hundred tries. One key, so that it runs wherever that key is, and by the
 * time of Redis, which is one for all gateways.
 */
const countTry = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pausedUntil = tonumber(redis.call('HGET', KEYS[1], 'paused_until') or '0')
if pausedUntil > now then return {pausedUntil - now, ''} end
local tries = redis.call('HINCRBY', KEYS[1], 'tries', 1)
local pause = 0
if tries >= tonumber(ARGV[1]) then pause = math.min(ARGV[3], ARGV[2] * 2 ^ math.min(tries - ARGV[1], 20)) end
local own = string.format('%.0f', now + pause)
redis.call('HSET', KEYS[1], 'paused_until', own)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {0, own}`;

/** The try was right: it is as if it had not been. A pause that a later one began, while this was looked at, goes on. */
const takeBack = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HGET', KEYS[1], 'paused_until') == ARGV[1] then redis.call('HSET', KEYS[1], 'paused_until', 0) end
return redis.call('HINCRBY', KEYS[1], 'tries', -1)`;

/** A seat by what somebody says that it is called: whether it exists makes no difference here. */
export interface Claimed {
  workspaceId: string;
  name: string;
}

/**
 * Who tries to sign in too often waits, longer each time: for one seat, and from one address. Redis that forgets forgets this too; then
 * there are still a password and a code to guess.
 */
@Injectable()
export class SignInThrottle {
  constructor(
    @Inject(Messaging) private readonly messaging: Messaging,
    @Inject('REDIS_PREFIX') private readonly prefix: string,
  ) {}

  /**
   * Runs `attempt` unless its address or its seat has to wait.
   *
   * @throws AppError `rate_limited`; `unavailable` without Redis, since nobody may guess uncounted
   */
  async run<T>(ip: string, seat: Claimed | null, attempt: () => Promise<T>): Promise<T> {
    const address = this.#key('address', networkOf(ip));
    const ownPause = await this.#count(address, perAddress);
    const key = seat === null ? null : this.#key('seat', ...[seat.workspaceId, seat.name.trim()].map(lowerCase));
    if (key !== null) await this.#count(key, perSeat);
    const result = await attempt();
    // An attacker who has a seat of their own wins nothing for the address by signing in.
    await this.#redis(() => this.messaging.commands.client.eval(takeBack, 1, address, ownPause));
    if (key !== null) await this.#redis(() => this.messaging.commands.client.del(key));
    return result;
  }

  /** @returns what `takeBack` takes back */
  async #count(key: string, { free, firstPauseMs, longestPauseMs }: Patience): Promise<string> {
    const numbers = [free, firstPauseMs, longestPauseMs, rememberedMs];
    const counted = await this.#redis(() => this.messaging.commands.client.eval(countTry, 1, key, ...numbers));
    const [pausedMs, ownPause] = counted as [pausedMs: number, ownPause: string];
    if (pausedMs === 0) return ownPause;
    const retryAfterSeconds = Math.ceil(pausedMs / 1_000);
    throw new AppError('rate_limited', `too many tries: wait ${waitText(retryAfterSeconds)}`, { retryAfterSeconds });
  }

  async #redis<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new AppError('unavailable', 'signing in is not possible at the moment', { cause: error });
    }
  }

  /** Hashed: who somebody is, is nothing for Redis to know. */
  #key(kind: string, ...names: string[]): string {
    const name = createHash('sha256')
      .update(JSON.stringify([kind, ...names]))
      .digest('base64url');
    return `${this.prefix}:sign-in:{${name}}`;
  }
}

/** An IPv4 address as it is; of an IPv6 address the 64 bits that a site has, since whoever has one has all of them. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = (ip.split('%', 1)[0] ?? '').toLowerCase().split('::', 2);
  const first = head.split(':').filter((group) => group !== '');
  const last = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

/** The same workspace and the same seat, whichever way they are written: else each way would have its own tries. */
function lowerCase(text: string): string {
  return text.toLowerCase();
}

function waitText(seconds: number): string {
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
