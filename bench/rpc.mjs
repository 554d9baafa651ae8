// @ts-check
/**
 * Round trips between two processes through `libs/messaging` (Nest server, sealing, validation on both sides), beside the floor measured in
 * the same run: bare ioredis, one list push and pop each way, batched as well, nothing sealed or validated.
 *
 *     node bench/rpc.mjs              starts a redis-server of its own, unless BENCH_REDIS_URL is set
 */
import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Messaging, RpcClient } from '@otpost/messaging';
import { Redis } from 'ioredis';
import { benchCall, floorReplies, floorRequests, messagingOptions } from './rpc-service.mjs';

const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const concurrencies = (process.env.BENCH_IN_FLIGHT ?? '1,16,64,256').split(',').map(Number);
const withFloor = process.env.BENCH_FLOOR !== '0';
const port = 20_000 + Math.floor(Math.random() * 20_000);
const url = process.env.BENCH_REDIS_URL ?? `redis://127.0.0.1:${port}`;
const server =
  process.env.BENCH_REDIS_URL === undefined &&
  spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
const redis = new Redis(url);
redis.on('error', () => undefined);
await redis.ping();

const transportKey = randomBytes(32).toString('hex');
const serviceArgs = (process.env.BENCH_SERVICE_EXECARGV ?? '').split(' ').filter(Boolean);
const service = fork(new URL('./rpc-service.mjs', import.meta.url), [url, transportKey], { execArgv: serviceArgs });
service.once('exit', (code) => code !== 0 && process.exit(1));
await once(service, 'message');

const messaging = new Messaging(messagingOptions(url, transportKey));
const client = new RpcClient(messaging);
const id = '01977000-0000-7000-8000-000000000001';
const payload = {
  actor: { kind: /** @type {const} */ ('api_key'), id: 'k3y1d' },
  ip: '192.0.2.1',
  request_id: '01977000-0000-7000-8000-000000000002',
  workspace_id: '01977000-0000-7000-8000-000000000003',
  id,
};
const floor = startFloor();

console.log('                in flight   calls/s   p50 ms   p99 ms   CPU us/call: caller  service  redis');
for (const inFlight of concurrencies) {
  const floorResult = withFloor ? await measure('floor', inFlight, () => floor({ ...payload })) : undefined;
  const result = await measure('libs/messaging', inFlight, () => client.call(benchCall, payload));
  if (floorResult) console.log(`${((100 * result.rate) / floorResult.rate).toFixed(0)} % of the floor`.padStart(45));
}
await client.close();
messaging.close();
service.disconnect();
await once(service, 'exit');
redis.disconnect();
if (server) server.kill();
process.exit();

/**
 * @param {string} name @param {number} inFlight @param {() => Promise<unknown>} call
 */
async function measure(name, inFlight, call) {
  await load(inFlight, 0.7, call);
  const before = await cpu();
  const { latencies, elapsed } = await load(inFlight, seconds, call);
  const after = await cpu();
  latencies.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => (latencies[Math.floor(latencies.length * share)] ?? NaN).toFixed(2);
  const rate = latencies.length / elapsed;
  const each = after.map((value, index) => ((value - (before[index] ?? 0)) / latencies.length).toFixed(1));
  console.log(
    name.padEnd(15),
    String(inFlight).padStart(9),
    rate.toFixed(0).padStart(9),
    at(0.5).padStart(8),
    at(0.99).padStart(8),
    each
      .map((text) => text.padStart(8))
      .join(' ')
      .padStart(29),
  );
  return { rate };
}

/**
 * @param {number} inFlight @param {number} duration seconds @param {() => Promise<unknown>} call
 */
async function load(inFlight, duration, call) {
  /** @type {number[]} */
  const latencies = [];
  const started = performance.now();
  const end = started + duration * 1_000;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let now = performance.now(); now < end;) {
        await call();
        const then = performance.now();
        latencies.push(then - now);
        now = then;
      }
    }),
  );
  return { latencies, elapsed: (performance.now() - started) / 1_000 };
}

/** CPU time used so far by caller, service and Redis, microseconds. */
async function cpu() {
  const own = process.cpuUsage();
  service.send('cpu');
  const [theirs] = await once(service, 'message');
  const info = await redis.info('cpu');
  const used = ['used_cpu_sys', 'used_cpu_user'].map((field) =>
    Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1]),
  );
  return [own.user + own.system, theirs.user + theirs.system, 1e6 * used.reduce((sum, value) => sum + value, 0)];
}

function startFloor() {
  const [writer, reader] = [new Redis(url), new Redis(url)];
  /** @type {Map<number, (value: unknown) => void>} */
  const pending = new Map();
  /** @type {string[]} */
  let batch = [];
  let sequence = 0;
  void (async () => {
    for (;;) {
      const popped = await reader.blmpop(0, 1, floorReplies, 'LEFT', 'COUNT', 512);
      for (const text of popped?.[1] ?? []) {
        const reply = JSON.parse(text);
        pending.get(reply.sequence)?.(reply);
        pending.delete(reply.sequence);
      }
    }
  })();
  return (/** @type {object} */ request) => {
    sequence += 1;
    batch.push(JSON.stringify({ sequence, ...request }));
    if (batch.length === 1) {
      setImmediate(() => {
        void writer.rpush(floorRequests, ...batch);
        batch = [];
      });
    }
    return new Promise((resolve) => pending.set(sequence, resolve));
  };
}
