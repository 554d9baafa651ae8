import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { call } from './api.js';
import { until } from './inbound-senders.js';
import { hotpAt } from './independent-totp.mjs';
import { redisServer, startCluster, startSentinels, type Topology } from './redis-topologies.js';
import { StubbornAgents } from './stubborn-agents.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const challenges = 60;
/** Fail-over takes three to five seconds; the rest is for a machine that does much else. */
const mostSecondsAway = 60;
jest.setTimeout(180_000);

const topologies: [string, () => Promise<Topology>][] = [
  ['Redis Sentinel', startSentinels],
  ['Redis Cluster', startCluster],
];

// Each a story, in order.
(redisServer === undefined ? describe.skip : describe).each(topologies)(
  `${challenges} challenges and their webhooks on %s, whose master is killed`,
  (_, startTopology) => {
    /** webhook-ids that arrived. */
    const received = new Set<string>();
    let redis: Topology;
    let system: OwnSystem;
    let workspace: Workspace;
    let receiver: Server;
    let database: pg.Client;
    let agents: StubbornAgents;
    let hotpId: string;

    beforeAll(async () => {
      redis = await startTopology();
      receiver = createServer((request, response) => {
        received.add(String(request.headers['webhook-id']));
        request.resume().on('end', () => response.end());
      });
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
      system = await startSystem({ environment: { REDIS_URL: redis.url } });
      workspace = await createWorkspace(system);
      database = new pg.Client({ connectionString: system.ownerUrl });
      await database.connect();
      const key = workspace.apiKey;
      const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
      await call(system, '/v1/webhook-endpoints', { key, body: { url } });
      const hotp = { type: 'hotp', label: 'failover', secret, digits: 8 };
      hotpId = (await call<{ id: string }>(system, '/v1/otp-secrets', { key, body: hotp })).body.id;
      agents = await StubbornAgents.ready(system, workspace, hotpId, 6);
      await redis.untilWhole();
    }, 120_000);

    afterAll(async () => {
      // What could not be started is not there.
      await database?.end();
      await system?.end();
      await redis?.end();
      receiver?.closeAllConnections();
      receiver?.close();
    });

    const rowsOf = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
      (await database.query<Row>(text, [workspace.workspaceId])).rows;

    const isWell = async (): Promise<true | undefined> => {
      const { status } = await call(system, `/v1/otp-secrets/${hotpId}`, { key: workspace.apiKey });
      return status === 200 || undefined;
    };

    it('all end, nobody hears of an error that is not to be tried again, and reads go on within a bounded time', async () => {
      let isOver = false;
      const failover = async () => {
        await until('half of the challenges', () => agents.opened >= challenges / 2 || undefined, 60);
        redis.killMaster();
        await redis.untilWhole();
        await until('a read', isWell, mostSecondsAway);
        isOver = true;
      };
      await Promise.all([failover(), agents.work(() => isOver && agents.opened >= challenges)]);
      expect(agents.complaints).toEqual([]);
      const ends = agents.stories.map(({ kind, status }) => `${kind} ${status}`);
      expect(ends.filter((end) => /pending|^(hotp|answered|mailed) expired|^forgotten resolved/.test(end))).toEqual([]);
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
      expect(codes.length).toBeGreaterThan(0);
      const steps = codes.map((_code, counter) => hotpAt({ secret, digits: 8 }, counter));
      expect(codes.sort()).toEqual(steps.sort());
    });

    it('every event arrived at the endpoint', async () => {
      const unfinished = `SELECT (SELECT count(*) FROM event WHERE workspace_id = $1 AND fanned_out_at IS NULL)::int
        + (SELECT count(*) FROM delivery WHERE workspace_id = $1 AND state <> 'delivered')::int AS count`;
      const isDone = async () => (await rowsOf<{ count: number }>(unfinished))[0]?.count === 0 || undefined;
      await until('all is delivered', isDone, 60);
      const events = await rowsOf<{ id: string }>('SELECT id FROM event WHERE workspace_id = $1');
      expect([...received].sort()).toEqual(events.map(({ id }) => id).sort());
    });

    it('a key that is revoked is refused at once', async () => {
      const { body } = await call<{ id: string; key: string }>(system, '/v1/api-keys', {
        key: workspace.apiKey,
        body: { scopes: ['vault:read'] },
      });
      const read = async () => (await call(system, `/v1/otp-secrets/${hotpId}`, { key: body.key })).status;
      expect(await read()).toBe(200);
      await call(system, `/v1/api-keys/${body.id}`, { method: 'DELETE', key: workspace.apiKey });
      expect(await read()).toBe(401);
    });

    it('no command or script touched keys of two slots, and every master did its part', async () => {
      for (const errors of await redis.info('errorstats')) expect(errors).not.toMatch(/CROSSSLOT/);
      for (const commands of await redis.info('commandstats')) expect(commands).toMatch(/cmdstat_evalsha:calls=[1-9]/);
    });
  },
);
