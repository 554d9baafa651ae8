// @ts-check
/**
 * The floors of webhooks: POSTs and nothing else, or one BullMQ job each and then a POST, by one process over kept-alive connections. Nothing is
 * signed, recorded, bounded or looked at. Message: `{ url, count }`, answered with `{ rate }`.
 */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Agent, request } from 'undici';

const [kind, redisUrl = ''] = process.argv.slice(2);
const concurrency = 50;
const agent = new Agent({ connections: concurrency });
const body = JSON.stringify({
  event: 'challenge.resolved',
  payload: { text: 'x'.repeat(200) },
  timestamp: 1,
  expires_at: 2,
});
const headers = { 'content-type': 'application/json' };

process.on('message', async (/** @type {{ url: string, count: number }} */ { url, count }) => {
  process.send?.({ rate: kind === 'post' ? await posts(url, count) : await jobs(url, count) });
});
process.send?.('ready');

/** @param {string} url */
async function post(url) {
  const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent });
  await answer.body.dump();
}

/**
 * @param {string} url
 * @param {number} count
 */
async function posts(url, count) {
  let left = count;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await post(url);
    }),
  );
  return count / ((performance.now() - started) / 1_000);
}

/**
 * @param {string} url
 * @param {number} count
 */
async function jobs(url, count) {
  const name = `bench-floor-${Date.now()}`;
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection });
  for (let added = 0; added < count; added += 1_000) {
    await queue.addBulk(
      Array.from({ length: Math.min(1_000, count - added) }, () => ({
        name: 'post',
        data: { url },
        opts: { removeOnComplete: true },
      })),
    );
  }
  let done = 0;
  const started = performance.now();
  const worker = await new Promise((resolve) => {
    const worker = new Worker(name, (job) => post(job.data.url), { connection: connection.duplicate(), concurrency });
    worker.on('completed', () => {
      done += 1;
      if (done === count) resolve(worker);
    });
  });
  const rate = count / ((performance.now() - started) / 1_000);
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  connection.disconnect();
  return rate;
}
