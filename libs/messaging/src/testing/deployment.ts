import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Secret } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import { Messaging, type MessagingOptions, RpcClient, type RpcClientOptions } from '../index.js';
import { Monitor } from './monitor.js';
import type { ReplicaArguments } from './replica.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Redis, replicas of the test service as processes of their own, and clients in the test's process. */
export class Deployment {
  readonly transportKey = randomBytes(32).toString('hex');
  readonly monitor: Monitor;
  private readonly directory = mkdtempSync(join(tmpdir(), 'otpost-messaging-'));
  private readonly journalPath = join(this.directory, 'journal');
  private readonly replicas = new Set<ChildProcess>();
  private readonly clients: [RpcClient, Messaging][] = [];
  private readonly output: string[] = [];
  private started = 0;

  private constructor(readonly redis: RedisServer) {
    this.monitor = new Monitor(redis.port);
    writeFileSync(this.journalPath, '');
  }

  static async start(options: RedisServerOptions = {}): Promise<Deployment> {
    return new Deployment(await RedisServer.start(options));
  }

  /** Starts as many replicas as are missing. */
  async haveReplicas(count: number): Promise<void> {
    const missing = Math.max(0, count - this.replicas.size);
    await Promise.all(Array.from({ length: missing }, () => this.startReplica()));
  }

  /** Options of a process that belongs to this deployment. */
  options(): MessagingOptions {
    return {
      redisUrl: new Secret(this.redis.url),
      transportKey: new Secret(this.transportKey),
      logger: createLogger({ service: 'gateway', replica: 'test', level: 'silent' }),
    };
  }

  client(options?: RpcClientOptions): RpcClient {
    const messaging = new Messaging(this.options());
    const client = new RpcClient(messaging, options);
    this.clients.push([client, messaging]);
    return client;
  }

  private async startReplica(): Promise<void> {
    const replica = `replica-${(this.started += 1)}`;
    const { redis, transportKey, journalPath } = this;
    const args: ReplicaArguments = { redisUrl: redis.url, transportKey, replica, journalPath };
    const child = fork(join(here, 'replica.ts'), [JSON.stringify(args)], {
      execArgv: ['--import', join(here, 'run-typescript.mjs'), '--conditions=@otpost/source'],
      silent: true,
    });
    this.replicas.add(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => this.output.push(text.toString()));
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`replica ended with ${code}: ${this.output.join('')}`)));
    });
  }

  /** Any of the replicas that still run. */
  get someReplica(): ChildProcess {
    const [replica] = this.replicas;
    if (replica === undefined) throw new Error('no replica runs');
    return replica;
  }

  /** Ends a replica. Resolves with its exit code. */
  async end(replica: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    this.replicas.delete(replica);
    if (replica.exitCode !== null) return replica.exitCode;
    const ended = new Promise<number | null>((resolve) => replica.once('exit', (code) => resolve(code)));
    replica.kill(signal);
    return ended;
  }

  /** What the handlers wrote down, one line each. */
  get journal(): string[] {
    return readFileSync(this.journalPath, 'utf8').split('\n').filter(Boolean);
  }

  /** What the replicas logged. */
  get log(): string {
    return this.output.join('');
  }

  async stop(): Promise<void> {
    for (const [client, messaging] of this.clients) {
      await client.close();
      messaging.close();
    }
    for (const replica of [...this.replicas]) await this.end(replica, 'SIGKILL');
    this.monitor.stop();
    await this.redis.remove();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
