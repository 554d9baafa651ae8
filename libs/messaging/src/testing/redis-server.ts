import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './until.js';

export interface RedisServerOptions {
  /** Writes every command to disk before it is answered, so that a restart forgets nothing. */
  persistent?: boolean;
  cluster?: boolean;
}

/** A redis-server of the test's own, on a free port of the loopback. */
export class RedisServer {
  private process: ChildProcess | undefined;
  private readonly directory = mkdtempSync(join(tmpdir(), 'otpost-redis-'));

  private constructor(
    readonly port: number,
    private readonly options: RedisServerOptions,
  ) {}

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(options.cluster === true ? 10_000 : 0), options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** A client for the test itself. */
  client(): Redis {
    const client = new Redis(this.url, { maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    return client;
  }

  async start(): Promise<void> {
    const { persistent, cluster } = this.options;
    this.process = spawn(
      'redis-server',
      [
        ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory, '--save', '""'],
        persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [],
        cluster ? ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] : [],
      ].flat(),
      { stdio: 'ignore' },
    );
    const client = this.client();
    await until('redis-server answers', async () => (await client.ping()) === 'PONG');
    if (cluster) {
      await client.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
      await until('the cluster is up', async () => (await client.cluster('INFO')).includes('cluster_state:ok'));
    }
    client.disconnect();
  }

  /** Ends it as `kill -9` or, by default, as an operator would. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.process = undefined;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await ended;
  }

  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A port nobody listens on; below `65_535 - room`. */
async function freePort(room = 0): Promise<number> {
  const port = await new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
  return port + room <= 65_535 ? port : port - room;
}
