// @ts-check
/**
 * `./otpost bench webhooks`: deliveries per second to a receiver on this machine, every attempt recorded, from the first event's fan-out to the
 * last attempt's row; beside two floors measured in the same run: bare POSTs, and one BullMQ job each and then a POST.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';

const system = JSON.parse(process.env.OTPOST_BENCH_SYSTEM ?? 'null');
if (system === null) throw new Error('run it as ./otpost bench webhooks');

const count = Number(process.env.OTPOST_BENCH_DELIVERIES ?? 20_000);
const rounds = Number(process.env.OTPOST_BENCH_ROUNDS ?? 3);
const endpointCounts = [1, 16];
const headers = { authorization: `Bearer ${system.demo.api_key}`, 'content-type': 'application/json' };
const database = new pg.Client({ connectionString: system.database_url });
await database.connect();

const receiver = fork(new URL('./webhooks-receiver.mjs', import.meta.url));
const [{ port }] = await once(receiver, 'message');
const url = `http://127.0.0.1:${port}/`;
const floors = { post: await startFloor('post'), job: await startFloor('job') };

console.log(`${count} deliveries each, median of ${rounds} rounds                    per second   of job then POST`);
/** @type {Record<string, number[]>} */
const rates = {};
for (let round = 0; round <= rounds; round += 1) {
  // The first round warms.
  const size = round === 0 ? Math.ceil(count / 10) : count;
  await measure('bare undici POSTs, one process', round, () => floorRate(floors.post, size));
  await measure('bare BullMQ job, then POST', round, () => floorRate(floors.job, size));
  for (const endpoints of endpointCounts) {
    const name = `otpost, ${endpoints} endpoint${endpoints === 1 ? '' : 's'}, one dispatcher`;
    await measure(name, round, () => otpostRate(endpoints, size));
  }
}
const jobRates = rates['bare BullMQ job, then POST'] ?? [];
for (const [name, values] of Object.entries(rates)) {
  // Round by round, since a shared machine is not equally fast in all.
  const share = median(values.map((rate, round) => rate / (jobRates[round] ?? NaN)));
  console.log(`${name.padEnd(56)}${median(values).toFixed(0).padStart(13)}${share.toFixed(2).padStart(19)}`);
}
receiver.kill();
floors.post.kill();
floors.job.kill();
await database.end();

/**
 * @param {string} name
 * @param {number} round
 * @param {() => Promise<number>} work
 */
async function measure(name, round, work) {
  const rate = await work();
  if (round > 0) (rates[name] ??= []).push(rate);
}

/** @param {'post' | 'job'} kind */
async function startFloor(kind) {
  const floor = fork(new URL('./webhooks-floor.mjs', import.meta.url), [kind, system.redis_url]);
  await once(floor, 'message');
  return floor;
}

/**
 * @param {import('node:child_process').ChildProcess} floor
 * @param {number} deliveries
 * @returns {Promise<number>}
 */
async function floorRate(floor, deliveries) {
  floor.send({ url, count: deliveries });
  const [{ rate }] = await once(floor, 'message');
  return rate;
}

/**
 * @param {number} endpoints
 * @param {number} deliveries
 */
async function otpostRate(endpoints, deliveries) {
  const ids = [];
  for (let n = 0; n < endpoints; n += 1) ids.push((await call('POST', '/v1/webhook-endpoints', { url })).id);
  // As the dispatcher writes them, with their change: here in one statement, so that the outbox is full when the clock starts.
  const { rows } = await database.query(
    `WITH made AS (
       INSERT INTO event (id, workspace_id, type, session_id, payload)
       SELECT gen_random_uuid(), $1::uuid, 'challenge.resolved', 'bench', jsonb_build_object('text', repeat('x', 200))
       FROM generate_series(1, $2::int)
       RETURNING id
     )
     SELECT array_agg(id) AS ids FROM made`,
    [system.demo.workspace_id, Math.ceil(deliveries / endpoints)],
  );
  const events = rows[0].ids;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const progress = await database.query(
      `SELECT count(*) FILTER (WHERE state = 'pending')::int AS waiting, count(*)::int AS made
       FROM delivery WHERE event_id = ANY ($1::uuid[])`,
      [events],
    );
    const { waiting, made } = progress.rows[0];
    if (made >= events.length * endpoints && waiting === 0) break;
  }
  const outcome = await database.query(
    `SELECT extract(epoch FROM max(a.started_at + a.duration_ms * interval '1 ms') - min(e.fanned_out_at))::float8 AS seconds,
       count(*)::int AS recorded, count(*) FILTER (WHERE a.success)::int AS succeeded
     FROM event e JOIN delivery d ON d.event_id = e.id JOIN delivery_attempt a ON a.delivery_id = d.id
     WHERE e.id = ANY ($1::uuid[])`,
    [events],
  );
  const { seconds, recorded, succeeded } = outcome.rows[0];
  if (succeeded !== events.length * endpoints) throw new Error(`${recorded} attempts, of which ${succeeded} succeeded`);
  for (const id of ids) await call('DELETE', `/v1/webhook-endpoints/${id}`);
  return recorded / seconds;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
async function call(method, path, body) {
  const response = await fetch(system.gateway_url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
