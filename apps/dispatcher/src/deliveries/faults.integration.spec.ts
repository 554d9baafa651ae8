import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWebhookEndpoint } from '@otpost/contracts';
import { until } from '@otpost/messaging/testing';
import { Receiver, type Behaviour } from '../testing/receiver.js';
import { resolvedEvent, TestDispatcher } from '../testing/test-dispatcher.js';

const loader = fileURLToPath(new URL('../../../../libs/messaging/src/testing/run-typescript.mjs', import.meta.url));
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

describe('faults', () => {
  let dispatcher: TestDispatcher;
  let workspaceId: string;
  let receiver: Receiver;
  let endpointId: string;
  let processes: ChildProcess[];
  /** Slow enough that there is always something under way. */
  const slowly: Behaviour = (response) => void setTimeout(() => response.end(), 20);

  beforeEach(async () => {
    processes = [];
    dispatcher = await TestDispatcher.prepare();
    workspaceId = await dispatcher.makeWorkspace();
    receiver = await Receiver.start(slowly);
  }, 60_000);
  afterEach(async () => {
    for (const child of processes) child.kill('SIGKILL');
    await dispatcher.close();
    await receiver.close();
  }, 60_000);

  /** A dispatcher as in real use: a process of its own. */
  async function startProcess(): Promise<ChildProcess> {
    const child = fork(main, [], {
      execArgv: ['--import', loader, '--conditions=@otpost/source'],
      // What it would find in this process's environment is none of its business.
      env: { ...dispatcher.environment },
      silent: true,
    });
    processes.push(child);
    let output = '';
    const collect = (text: Buffer) => void (output += text.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    await until(
      'the process is ready',
      () => {
        if (child.exitCode !== null) throw new Error(`it ended: ${output}`);
        return output.includes('service.ready');
      },
      30_000,
    );
    return child;
  }

  async function subscribe(): Promise<void> {
    const endpoint = { url: receiver.url };
    const created = await dispatcher.ask(createWebhookEndpoint, workspaceId, { endpoint, idempotency: null });
    endpointId = created.endpoint.id;
  }

  const emit = (count: number) =>
    dispatcher.emit(
      workspaceId,
      Array.from({ length: count }, () => resolvedEvent()),
    );

  async function everythingArrived(ids: readonly string[]): Promise<void> {
    await until('everything arrived', () => ids.every((id) => receiver.ids.has(id)), 60_000);
    const undelivered = () =>
      dispatcher.owner.prisma.delivery.count({ where: { endpointId, state: { not: 'delivered' } } });
    await until('everything is written down', async () => (await undelivered()) === 0, 60_000);
    const attempted = await dispatcher.owner.prisma.deliveryAttempt.groupBy({
      by: ['deliveryId'],
      where: { workspaceId, success: true },
    });
    expect(attempted).toHaveLength(ids.length);
  }

  it('loses nothing when a dispatcher is killed in the middle: another one goes on once its leases have ended', async () => {
    const victim = await startProcess();
    await subscribe();
    const ids = await emit(1_000);
    await until('it is in the middle', () => receiver.received.length > 200, 30_000);
    victim.kill('SIGKILL');
    await startProcess();
    await everythingArrived(ids);
    // What was under way when it died, and what had not been written down: no more than its window, twice.
    expect(receiver.received.length - ids.length).toBeLessThanOrEqual(64);
  }, 240_000);

  it('ends what is under way when it is asked to stop, and sends none of it twice', async () => {
    const first = await startProcess();
    await subscribe();
    // From the hundredth on they are under way until it has been told.
    const held: (() => void)[] = [];
    receiver.behaviour = (response) => {
      if (receiver.received.length < 100) response.end();
      else held.push(() => response.end());
    };
    const ids = await emit(500);
    await until('it is in the middle', () => held.length > 0, 30_000);
    const exited = new Promise((resolve) => first.once('exit', resolve));
    const told = new Promise<void>((resolve) => {
      first.stdout?.on('data', (text: Buffer) => text.toString().includes('service.stopping') && resolve());
    });
    first.kill('SIGTERM');
    await told;
    receiver.behaviour = slowly;
    for (const release of held) release();
    expect(await exited).toBe(0);
    expect(receiver.received.length).toBeLessThan(500);
    await startProcess();
    await everythingArrived(ids);
    expect(receiver.received).toHaveLength(ids.length);
  }, 240_000);

  it('loses nothing when Redis forgets everything', async () => {
    await dispatcher.startReplica();
    await subscribe();
    const client = dispatcher.redis.client();
    const ids = await emit(300);
    await client.flushall();
    await until('it is in the middle', () => receiver.received.length > 50, 30_000);
    await client.flushall();
    ids.push(...(await emit(300)));
    await client.flushall();
    client.disconnect();
    await everythingArrived(ids);
  }, 240_000);

  it('loses nothing while Redis is away, and goes on when it is back', async () => {
    await dispatcher.startReplica();
    await subscribe();
    const ids = await emit(300);
    await until('it is in the middle', () => receiver.received.length > 50, 30_000);
    await dispatcher.redis.stop('SIGKILL');
    ids.push(...(await emit(300)));
    await dispatcher.redis.start();
    await everythingArrived(ids);
  }, 240_000);

  it('loses nothing when its connections to PostgreSQL are cut', async () => {
    await dispatcher.startReplica();
    await subscribe();
    const ids = await emit(1_000);
    for (let cut = 1; cut <= 3; cut += 1) {
      await until('it goes on', () => receiver.received.length > cut * 150, 30_000);
      // A role may end its own.
      await dispatcher.database.prisma.$queryRaw`
        SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'spec dispatcher'`;
    }
    await everythingArrived(ids);
  }, 240_000);
});
