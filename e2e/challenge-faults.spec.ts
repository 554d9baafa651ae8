import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import pg from 'pg';
import { call } from './api.js';
import { until } from './inbound-senders.js';
import { hotpAt } from './independent-totp.mjs';
import { StubbornAgents, type Story } from './stubborn-agents.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

/** Challenges at the least; there are more when the faults take longer. Each makes two events on average, each event two deliveries. */
const challenges = 5_000;
const deliveries = 20_000;
const workers = 60;
/** On a quiet machine it takes two. */
const mostMinutes = 20;
jest.setTimeout(mostMinutes * 60_000);

const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const endpoints = ['/one', '/other'];
/** By endpoint and webhook-id: how often it came. */
const received = new Map<string, number>();
const bodies: string[] = [];
let system: OwnSystem;
let workspace: Workspace;
let receiver: Server;
let database: pg.Pool;
let agents: StubbornAgents;
let hotpId: string;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const key = `${request.url} ${String(request.headers['webhook-id'])}`;
    received.set(key, (received.get(key) ?? 0) + 1);
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      bodies.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

  system = await startSystem({ environment: { OTPOST_DISPATCHER_REPLICAS: '2' } });
  workspace = await createWorkspace(system);
  database = new pg.Pool({ connectionString: system.ownerUrl, max: 1 });
  database.on('error', () => undefined);
  const key = workspace.apiKey;
  for (const path of endpoints) await call(system, '/v1/webhook-endpoints', { key, body: { url: receiverUrl + path } });
  const hotp = { type: 'hotp', label: 'faults', secret, digits: 8 };
  hotpId = (await call<{ id: string }>(system, '/v1/otp-secrets', { key, body: hotp })).body.id;
  agents = await StubbornAgents.ready(system, workspace, hotpId, workers);
});

afterAll(async () => {
  await database.end();
  await system.end();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

const killed = (process: string) => async () => {
  await system.kill(process);
  await system.start(process);
};

async function flushAll(): Promise<void> {
  const redis = new Redis(system.redisUrl);
  await redis.flushall();
  await redis.quit();
}

const faults: [string, () => Promise<void>][] = [
  ...['gateway', 'vault', 'dispatcher', 'dispatcher-2', 'ingestor'].map((name): [string, () => Promise<void>] => [
    `${name} killed`,
    killed(name),
  ]),
  ['redis restarted', () => system.restart('redis')],
  ['redis flushed', flushAll],
  ['postgres restarted', () => system.restart('postgres')],
];

/** One after the other, while challenges are opened. */
async function disturb(): Promise<void> {
  const between = challenges / (faults.length + 1);
  for (const [name, fault] of faults) {
    const from = agents.opened;
    await until(`challenges before: ${name}`, () => agents.opened >= from + between || undefined, 300);
    await fault();
  }
}

const rowsOf = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
  (await database.query<Row>(text, [workspace.workspaceId])).rows;

/** Whether anything is still to be fanned out or delivered. */
async function isAllDelivered(): Promise<true | undefined> {
  const [left] = await rowsOf<{ count: number }>(
    `SELECT (SELECT count(*) FROM event WHERE workspace_id = $1 AND fanned_out_at IS NULL)::int
       + (SELECT count(*) FROM delivery WHERE workspace_id = $1 AND state <> 'delivered')::int AS count`,
  );
  return left?.count === 0 || undefined;
}

// One story, in order.
describe(`${challenges} challenges and their webhooks, while every part of the system fails in turn`, () => {
  it('all end, and nobody hears of an error that is not to be tried again', async () => {
    let isOver = false;
    const disturbed = disturb().finally(() => (isOver = true));
    await Promise.all([disturbed, agents.work(() => isOver && agents.opened >= challenges)]);
    expect(agents.complaints).toEqual([]);
    expect(agents.stories.filter(({ status }) => status === 'pending')).toEqual([]);
  });

  it('each ended in one way, and its events say that one', async () => {
    const ends = await rowsOf<{ id: string; status: string; events: string[] }>(
      `SELECT c.id, c.status::text, ARRAY(
         SELECT e.type FROM event e WHERE e.challenge_id = c.id
           AND e.type IN ('interaction.finished', 'interaction.failed', 'challenge.resolved') ORDER BY e.type) AS events
       FROM challenge c WHERE c.workspace_id = $1`,
    );
    const seen = new Map(agents.stories.map((story) => [story.id, story]));
    expect(ends).toHaveLength(seen.size);
    const wrong = ends.filter(({ id, status, events }) => {
      const story = seen.get(id);
      const resolved = story?.kind === 'hotp' || story?.kind === 'mailed' ? [] : ['interaction.finished'];
      const expected = status === 'resolved' ? ['challenge.resolved', ...resolved] : ['interaction.failed'];
      return story?.status !== status || events.join() !== expected.join();
    });
    expect(wrong).toEqual([]);
    const statusesOf = (kind: Story['kind']) => [
      ...new Set(agents.stories.filter((story) => story.kind === kind).map(({ status }) => status)),
    ];
    for (const kind of ['hotp', 'answered', 'mailed'] as const) expect(statusesOf(kind)).toEqual(['resolved']);
    expect(statusesOf('forgotten')).toEqual(['expired']);
  });

  it('each that was resolved gave its own code, and no other gave any', () => {
    const wrong = agents.stories.filter(({ status, code, delivered }) => {
      if (status !== 'resolved') return delivered.length > 0;
      return delivered.length === 0 || delivered.some((one) => one !== (code ?? delivered[0]));
    });
    expect(wrong).toEqual([]);
  });

  it('each of a HOTP secret took one counter step, and no step was skipped', () => {
    const codes = agents.stories.filter(({ kind }) => kind === 'hotp').map(({ delivered }) => delivered[0]);
    const steps = codes.map((_, counter) => hotpAt({ secret, digits: 8 }, counter));
    expect(codes.sort()).toEqual(steps.sort());
  });

  it('every event arrived at every endpoint, and its webhook-id tells each one apart', async () => {
    await until('all is delivered', isAllDelivered, 120);
    const events = await rowsOf<{ id: string }>('SELECT id FROM event WHERE workspace_id = $1');
    const expected = endpoints.flatMap((path) => events.map(({ id }) => `${path} ${id}`));
    expect([...received.keys()].sort()).toEqual(expected.sort());
    expect(received.size).toBeGreaterThanOrEqual(deliveries);
  });

  it('no webhook held a code', () => {
    const codes = new Set(agents.stories.flatMap(({ code, delivered }) => [...delivered, ...(code ? [code] : [])]));
    const leaks = bodies.filter((body) =>
      (body.match(/(?<![\w-])\d{8}(?![\w-])/g) ?? []).some((text) => codes.has(text)),
    );
    expect(leaks).toEqual([]);
  });
});
