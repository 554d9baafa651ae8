// @ts-check
/**
 * `./otpost bench challenges`: from a code's arrival to the answer of the long poll that waits for it, with 2,000 polls open on one
 * gateway, and what those cost it. A code arrives as a human's answer by API: the time runs from when that request is sent, so it
 * holds the whole way in and the whole way out. Beside it, in turns, a floor: one bare process that keeps a row, publishes and answers.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';

const system = JSON.parse(process.env.OTPOST_BENCH_SYSTEM ?? 'null');
if (system === null) throw new Error('run it as ./otpost bench challenges');

const polls = Number(process.env.OTPOST_BENCH_POLLS ?? 2_000);
const arrivals = Number(process.env.OTPOST_BENCH_ARRIVALS ?? 500);
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
/** @type {Record<string, string>} */
let headers = { authorization: `Bearer ${system.demo.api_key}` };
const { key } = await call('POST', '/v1/api-keys', {
  name: 'bench',
  scopes: ['challenges:write', 'codes:read', 'vault:write'],
  rate_limit_per_second: 1_000_000,
});
headers = { authorization: `Bearer ${key}` };
const pair = { permissioned_user_id: 'bench', domain: 'challenges.example' };
await call('POST', '/vault', pair, [201, 409]);
const gateway = processOf(new URL(system.gateway_url).port);

const ids = await inTurn(polls, 16, async () => {
  const { id } = await call('POST', '/v1/challenges', { ...pair, factors: ['user'], expires_in_seconds: 3_600 });
  return id;
});
const before = measure();
/** @type {Map<string, number>} */
const answeredAt = new Map();
const waiting = ids.map(async (id, index) => {
  let status = 'pending';
  // As agents do: what was not answered in its 60 s is asked again; and not all at the same instant, since they did not begin so.
  let wait = 60 - (40 * index) / ids.length;
  for (; status === 'pending'; wait = 60) ({ status } = await call('GET', `/v1/challenges/${id}?wait=${wait}`));
  if (status === 'resolved') answeredAt.set(id, performance.now());
});
await pause(5_000);
const open = measure();
await pause(5_000);
const idle = measure();

const floor = fork(new URL('./challenges-floor.mjs', import.meta.url), [system.database_url, system.redis_url]);
const [{ port: floorPort }] = await once(floor, 'message');
const floorUrl = `http://127.0.0.1:${floorPort}`;
/** @type {{ toAnswer: number, toAccepted: number, fromAccepted: number, floor: number }[]} */
const samples = [];
for (const id of ids.slice(0, arrivals)) {
  const sentAt = performance.now();
  await call('POST', `/v1/challenges/${id}/code`, { code: '123456' });
  const acceptedAt = performance.now();
  while (!answeredAt.has(id)) await pause(1);
  const at = answeredAt.get(id) ?? 0;
  const floor = await floorTime(id);
  samples.push({ toAnswer: at - sentAt, toAccepted: acceptedAt - sentAt, fromAccepted: at - acceptedAt, floor });
}
const cpu = (100 * (idle.cpuSeconds - open.cpuSeconds)) / (idle.at - open.at);
console.log(`${polls} long polls open on one gateway, ${arrivals} codes one after the other`);
console.log(`                              p50 ms   p99 ms   max ms`);
report(
  'arrival to answer',
  samples.map(({ toAnswer }) => toAnswer),
);
report(
  '  of it, to accepted',
  samples.map(({ toAccepted }) => toAccepted),
);
report(
  '  accepted to answer',
  samples.map(({ fromAccepted }) => fromAccepted),
);
report(
  'bare row, publish, answer',
  samples.map(({ floor }) => floor),
);
console.log(
  `gateway: ${before.megabytes} MB before, ${idle.megabytes} MB with the polls, ${cpu.toFixed(1)} % of a core while they wait`,
);
await Promise.all([
  Promise.all(waiting),
  inTurn(ids.length - arrivals, 16, (index) => call('DELETE', `/v1/challenges/${ids[arrivals + index]}`)),
]);
floor.send('end');
agent.destroy();

/** @param {string} id */
async function floorTime(id) {
  const answered = call('GET', `/${id}`, undefined, [200], floorUrl).then(() => performance.now());
  await pause(5);
  const sentAt = performance.now();
  await call('POST', `/${id}`, undefined, [200], floorUrl);
  return (await answered) - sentAt;
}

/** @param {string} name @param {number[]} times */
function report(name, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1).padStart(9);
  console.log(`${name.padEnd(26)} ${at(0.5)}${at(0.99)}${at(1)}`);
}

function measure() {
  if (gateway === undefined) return { megabytes: 'unknown', cpuSeconds: 0, at: 0 };
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway}/status`, 'utf8'))?.[1] ?? 0);
  const [user = 0, kernel = 0] = (readFileSync(`/proc/${gateway}/stat`, 'utf8').split(') ')[1] ?? '')
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return { megabytes: Math.round(kilobytes / 1_024), cpuSeconds: (user + kernel) / 100, at: performance.now() / 1_000 };
}

/** The process that listens there, where the system tells. @param {string} port */
function processOf(port) {
  try {
    const line = execFileSync('ss', ['-ltnp', `sport = :${port}`], { encoding: 'utf8' });
    return /pid=(\d+)/.exec(line)?.[1];
  } catch {
    return undefined;
  }
}

/**
 * @template T
 * @param {number} count @param {number} atOnce @param {(index: number) => Promise<T>} work
 * @returns {Promise<T[]>}
 */
async function inTurn(count, atOnce, work) {
  /** @type {T[]} */
  const results = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * @param {string} method @param {string} path @param {unknown} [body] @param {number[]} [accepted] @param {string} [base]
 * @returns {Promise<any>}
 */
function call(method, path, body, accepted = [200, 201], base = system.gateway_url) {
  return new Promise((resolve, reject) => {
    const sent = request(
      base + path,
      { method, agent, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.on('end', () => {
          if (accepted.includes(response.statusCode ?? 0)) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
