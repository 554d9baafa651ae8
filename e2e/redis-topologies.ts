import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { isFree, Ports } from '../tools/otpost/ports.mjs';
import { findRedis } from '../tools/otpost/redis.mjs';
import { until } from './inbound-senders.js';
import { testFolder } from './system.js';

/** Several Redis servers that stand for one another, on free ports of the loopback. */
export interface Topology {
  /** As REDIS_URL names it. */
  url: string;
  /** Kills a master that holds keys of the services; its replica is to take its place. */
  killMaster(): void;
  /** Resolves when all of it works, also when the replica has taken over. */
  untilWhole(): Promise<void>;
  /** What each of the masters says of itself. */
  info(section: string): Promise<string[]>;
  end(): Promise<void>;
}

/** The program that runs them; undefined where there is none on this machine. */
export const redisServer: string | undefined = findRedis().path;

const password = 'p@ss/word';
const sentinelPassword = 's&ntinel';
/** What docs/redis.md says that suffices. The servers speak to each other, and the tests to them, as the default user. */
const user = `user otpost on >${password} ~otpost:* &otpost:* +@all -@admin -@dangerous +info`;
const ports = new Ports();

/** A master, its replica, and three sentinels that fail over after a second of silence. Servers and sentinels ask for passwords. */
export async function startSentinels(): Promise<Topology> {
  const servers = new Servers();
  const [master, replica, ...sentinels] = await servers.freePorts(5);
  if (master === undefined || replica === undefined) throw new Error('no ports');
  const auth = `${user}\nrequirepass ${password}\nmasterauth ${password}\nrepl-diskless-sync-delay 0`;
  servers.start(master, auth);
  servers.start(replica, `${auth}\nreplicaof 127.0.0.1 ${master}`);
  await servers.untilAnswering(master, password);
  for (const port of sentinels) {
    servers.start(
      port,
      `requirepass ${sentinelPassword}\nsentinel sentinel-pass ${sentinelPassword}
sentinel monitor main 127.0.0.1 ${master} 2\nsentinel auth-pass main ${password}
sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000`,
      ['--sentinel'],
    );
  }
  const hosts = sentinels.map((port) => `127.0.0.1:${port}`).join();
  const [first = 0] = sentinels;
  let present = master;
  return {
    url: `redis+sentinel://otpost:${encodeURIComponent(password)}@${hosts}/main?sentinel_password=${encodeURIComponent(sentinelPassword)}`,
    killMaster: () => {
      servers.kill(master);
      present = replica;
    },
    untilWhole: () =>
      servers.ask(first, sentinelPassword, async (client) => {
        await until('the sentinels agree', async () => {
          const [facts] = (await client.call('SENTINEL', 'MASTERS')) as string[][];
          const of = (name: string) => facts?.[facts.indexOf(name) + 1];
          const knowsAll = of('num-other-sentinels') === '2' && of('num-slaves') === '1';
          return (of('port') === String(present) && of('flags') === 'master' && knowsAll) || undefined;
        });
      }),
    info: async (section) => [await servers.ask(present, password, (client) => client.info(section))],
    end: () => servers.end(),
  };
}

const allSlots = 16_384;
/** Slots go to the masters in turn by so many: thirds in one piece would leave one of them with hardly a key of ours. */
const block = 1_024;
const ownerOf = (slot: number) => Math.floor(slot / block) % 3;

/** Three masters with about a third of the slots each, and a replica of the one that has the vault's requests. */
export async function startCluster(): Promise<Topology> {
  const servers = new Servers();
  const nodes = await servers.freeClusterPorts(4);
  const masters = nodes.slice(0, 3);
  const [first = 0, , , replica = 0] = nodes;
  const setting = `${user}\ncluster-enabled yes\ncluster-node-timeout 1500\nrepl-diskless-sync-delay 0\nrequirepass ${password}\nmasterauth ${password}`;
  for (const port of nodes) servers.start(port, setting);
  for (const port of nodes) await servers.untilAnswering(port, password);
  const slot = await servers.ask(first, password, (client) => client.cluster('KEYSLOT', 'otpost:rpc:{vault}:requests'));
  for (const [index, port] of masters.entries()) {
    await servers.ask(port, password, async (client) => {
      const starts = Array.from({ length: allSlots / block }, (_, number) => number * block).filter(
        (start) => ownerOf(start) === index,
      );
      await client.call('CLUSTER', 'ADDSLOTSRANGE', ...starts.flatMap((start) => [start, start + block - 1]));
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    });
  }
  const hasAll = (count: number) => async (client: Redis) => {
    const info = await client.cluster('INFO');
    return (info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}`)) || undefined;
  };
  const alive = new Set(nodes);
  const untilWhole = async (): Promise<void> => {
    for (const port of alive)
      await servers.ask(port, password, (client) => until('the cluster is whole', () => hasAll(4)(client)));
  };
  for (const port of nodes) {
    if (port !== first)
      await servers.ask(port, password, (client) => client.call('CLUSTER', 'MEET', '127.0.0.1', first));
  }
  await untilWhole();
  const failing = masters[ownerOf(slot)] ?? 0;
  const id = await servers.ask(failing, password, (client) => client.call('CLUSTER', 'MYID') as Promise<string>);
  await servers.ask(replica, password, async (client) => {
    await client.call('CLUSTER', 'REPLICATE', id);
    await until('the replica is in step', async () =>
      (await client.info('replication')).includes('master_link_status:up') ? true : undefined,
    );
  });
  return {
    url: `redis+cluster://otpost:${encodeURIComponent(password)}@${nodes.map((port) => `127.0.0.1:${port}`).join()}`,
    killMaster: () => {
      servers.kill(failing);
      alive.delete(failing);
    },
    untilWhole,
    info: (section) =>
      Promise.all(
        [...alive]
          .filter((port) => port !== replica || !alive.has(failing))
          .map((port) => servers.ask(port, password, (client) => client.info(section))),
      ),
    end: () => servers.end(),
  };
}

class Servers {
  readonly #processes = new Map<number, ChildProcess>();

  freePorts(count: number): Promise<number[]> {
    return Promise.all(Array.from({ length: count }, () => ports.free()));
  }

  /** A node also listens 10,000 above its port. That is to be below the ports of outgoing connections too, any of which may be in use. */
  async freeClusterPorts(count: number): Promise<number[]> {
    const found: number[] = [];
    while (found.length < count) {
      const port = (await ports.free()) - 10_000;
      if (await isFree(port, '127.0.0.1')) found.push(port);
    }
    return found;
  }

  start(port: number, settings: string, args: string[] = []): void {
    if (redisServer === undefined) throw new Error('there is no redis-server');
    const folder = join(testFolder(), `redis-${port}`);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'server.conf');
    // Sentinels write to their file.
    writeFileSync(
      file,
      `port ${port}\nbind 127.0.0.1\ndir ${folder}\nlogfile server.log\n${args.length > 0 ? '' : 'save ""\n'}${settings}\n`,
    );
    this.#processes.set(port, spawn(redisServer, [file, ...args], { stdio: 'ignore' }));
  }

  kill(port: number): void {
    this.#processes.get(port)?.kill('SIGKILL');
  }

  async ask<T>(port: number, password: string, question: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis({ port, password, maxRetriesPerRequest: null, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    try {
      return await question(client);
    } finally {
      client.disconnect();
    }
  }

  async untilAnswering(port: number, password: string): Promise<void> {
    await this.ask(port, password, (client) =>
      until(`an answer of Redis on port ${port}`, async () => {
        const ended = this.#processes.get(port)?.exitCode;
        if (typeof ended === 'number') throw new Error(`Redis on port ${port} ended: ${logOf(port)}`);
        return client.status === 'ready' ? (await client.ping(), true) : undefined;
      }),
    );
  }

  async end(): Promise<void> {
    for (const process of this.#processes.values()) {
      if (process.exitCode !== null || process.signalCode !== null) continue;
      const gone = new Promise((resolve) => process.once('exit', resolve));
      process.kill('SIGKILL');
      await gone;
    }
  }
}

function logOf(port: number): string {
  return readFileSync(join(testFolder(), `redis-${port}`, 'server.log'), 'utf8').slice(-1_000);
}
