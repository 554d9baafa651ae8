import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import type { RpcClient } from './index.js';
import * as contracts from './testing/contracts.js';
import { Deployment } from './testing/deployment.js';
import { until } from './testing/until.js';

const canary = 'canary-287082';
const total = 1_000;

describe.each([{ persistent: false }, { persistent: true }])(
  'in the middle of 1,000 requests to two replicas, Redis on disk: $persistent',
  ({ persistent }) => {
    let deployment: Deployment;
    let client: RpcClient;
    let run = 0;

    beforeAll(async () => {
      deployment = await Deployment.start({ persistent });
      client = deployment.client();
    });

    beforeEach(async () => {
      run += 1;
      await deployment.haveReplicas(2);
    });

    afterAll(async () => {
      const { log, monitor } = deployment;
      await deployment.stop();
      // Redis was watched during all of it, and saw none of what was said.
      expect(monitor.text.includes('"XADD"')).toBe(true);
      expect(monitor.text.includes(canary)).toBe(false);
      expect(log.includes(canary)).toBe(false);
    });

    /** How each of many calls ended: 'ok' or the code of its error. */
    async function callMany(
      contract: typeof contracts.mark | typeof contracts.markOnce,
      { atOnce = 400, deadlineMs = 10_000 } = {},
    ) {
      const ends = new Map<string, string>();
      let next = 0;
      const worker = async () => {
        while (next < total) {
          const id = `${run}-${(next += 1)}`;
          try {
            await client.call(contract, { id, text: new Secret(canary), wait_ms: 50 }, { deadlineMs });
            ends.set(id, 'ok');
          } catch (error) {
            ends.set(id, error instanceof AppError ? error.code : String(error));
          }
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      return ends;
    }

    /** How often each call of this run was executed. */
    function executions(): Map<string, number> {
      const counts = new Map<string, number>();
      for (const line of deployment.journal) {
        const [what, id = ''] = line.split(' ');
        if (what === 'unhandled') throw new Error(line);
        if (id.startsWith(`${run}-`)) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      return counts;
    }

    const halfway = () => until('a part is executed', () => executions().size > 300);
    const kinds = (ends: Map<string, string>) => [...new Set(ends.values())].sort();

    function expectNoneTwice(ends: Map<string, string>): void {
      const executed = executions();
      expect(Math.max(...executed.values())).toBe(1);
      for (const [id, end] of ends) {
        if (end === 'ok') expect(executed.get(id)).toBe(1);
        else if (end === 'unavailable') expect(executed.get(id)).toBe(undefined);
        else expect(end).toBe('outcome_unknown');
      }
    }

    it('answers every idempotent request when Redis is killed and started again', async () => {
      const ends = callMany(contracts.mark);
      await halfway();
      await deployment.redis.restart('SIGKILL');
      expect(kinds(await ends)).toEqual(['ok']);
    });

    it('executes no at-most-once request twice when Redis is killed and started again', async () => {
      // What Redis forgot is waited for until its deadline.
      const ends = callMany(contracts.markOnce, { deadlineMs: 4_000 });
      await halfway();
      await deployment.redis.restart('SIGKILL');
      expectNoneTwice(await ends);
    });

    if (persistent) return;

    it('answers every idempotent request when one replica is killed', async () => {
      const ends = callMany(contracts.mark);
      await halfway();
      await deployment.end(deployment.someReplica, 'SIGKILL');
      expect(kinds(await ends)).toEqual(['ok']);
      expect((await ends).size).toBe(total);
    });

    it('executes no at-most-once request twice when one replica is killed, and says which may have been', async () => {
      const pending = callMany(contracts.markOnce);
      await halfway();
      await deployment.end(deployment.someReplica, 'SIGKILL');
      const ends = await pending;
      expectNoneTwice(ends);
      expect(kinds(ends)).toEqual(['ok', 'outcome_unknown']);
      // Only what the dead replica had begun, not all that waited.
      expect([...ends.values()].filter((end) => end === 'outcome_unknown').length).toBeLessThan(400);
    });

    it.each([contracts.mark, contracts.markOnce])(
      'loses nothing of $pattern when one replica is told to stop',
      async (contract) => {
        const ends = callMany(contract);
        await halfway();
        expect(await deployment.end(deployment.someReplica, 'SIGTERM')).toBe(0);
        expect(kinds(await ends)).toEqual(['ok']);
        expect(Math.max(...executions().values())).toBe(1);
      },
    );

    it('answers every idempotent request when Redis is flushed', async () => {
      const ends = callMany(contracts.mark);
      await halfway();
      const operator = deployment.redis.client();
      await operator.flushall();
      operator.disconnect();
      expect(kinds(await ends)).toEqual(['ok']);
    });

    it('executes no at-most-once request twice when a replica is taken for dead and comes back', async () => {
      const pending = callMany(contracts.markOnce, { atOnce: 64 });
      await halfway();
      const stalled = deployment.someReplica;
      stalled.kill('SIGSTOP');
      const observer = deployment.redis.client();
      const consumers = async () =>
        (await observer.call('XINFO', 'CONSUMERS', 'otpost:rpc:{vault}:requests', 'replicas')) as unknown[];
      await until('the other has taken over', async () => (await consumers()).length === 1);
      observer.disconnect();
      stalled.kill('SIGCONT');
      expectNoneTwice(await pending);
    });
  },
);
