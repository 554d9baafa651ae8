// @ts-check
import { mkdirSync, rmSync } from 'node:fs';
import { build } from './build.mjs';
import { ensureDemo, readDemo } from './demo.mjs';
import { install } from './install.mjs';
import { endLeftovers } from './leftovers.mjs';
import { tryLock, withLock } from './lock.mjs';
import { capLogFile } from './log-files.mjs';
import { migrate } from './migrate.mjs';
import { Interrupted, step, UserError } from './output.mjs';
import { Ports, whyNotReachable } from './ports.mjs';
import { postgres } from './postgres.mjs';
import { self } from './processes.mjs';
import { redis, redisProgram } from './redis.mjs';
import { ensureKeyring, ensureKeys, ensurePasswords, readRootKey } from './secrets.mjs';
import { dataFolder, serverAccount } from './server-account.mjs';
import { edges, planReplicas, planService, rolePasswords, urlsOf } from './services.mjs';
import { Supervisor } from './supervisor.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./home.mjs').Home} Home */
/** @typedef {import('./home.mjs').RunState} RunState */
/** @typedef {import('./managed-process.mjs').ManagedProcess} ManagedProcess */
/** @typedef {import('./output.mjs').Output} Output */
/** @typedef {import('./services.mjs').Environment} Environment */

/**
 * @typedef {object} SystemOptions
 * @property {Home} home
 * @property {Output} output
 * @property {Environment} [environment] default: that of this process
 * @property {boolean} [durable] default true; `false` for tests: what a power cut would lose may be lost
 * @property {boolean} [demo] whether to make the demo workspace; default true
 * @property {boolean} [prepared] dependencies and build are there for certain; default false
 * @property {(crash: import('./managed-process.mjs').Crash) => void} [onCrash]
 */

/** PostgreSQL, Redis and the four services: one system, in one home. */
export class System {
  /** Aborted when what is under way has to end: on `stop`, or when another step of the start failed. */
  #stopping = new AbortController();
  #stopRequested = false;
  /** @type {Promise<void> | undefined} */
  #stopped;
  /** @type {{ release(): void } | undefined} */
  #lock;
  /** @type {RunState | undefined} */
  #state;
  /** @type {NodeJS.Timeout | undefined} */
  #housekeeping;

  /** @param {SystemOptions} options */
  constructor(options) {
    this.options = options;
    this.home = options.home;
    this.environment = options.environment ?? process.env;
    this.supervisor = new Supervisor({
      onChange: () => this.#saveState(),
      onCrash: (crash) => options.onCrash?.(crash),
    });
    /** Set when it is ready. */
    this.urls = { gateway_url: '', ingest_url: '', smtp_url: '' };
    this.ownerUrl = '';
    this.superuserUrl = '';
    this.redisUrl = '';
  }

  get rootKey() {
    return readRootKey(this.home, this.environment);
  }

  get demo() {
    return readDemo(this.home);
  }

  /**
   * From nothing to ready. When it fails, or is stopped meanwhile, nothing is left running.
   * @throws UserError `Interrupted` when `stop` was called
   */
  async start() {
    try {
      await this.#start();
    } catch (error) {
      const interrupted = this.#stopRequested;
      await this.stop();
      throw interrupted ? new Interrupted() : error;
    }
  }

  /** Ends everything in order: edges, inner services, Redis, PostgreSQL. Calling it again waits for the same end. */
  async stop() {
    this.#stopRequested = true;
    this.#stopping.abort();
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  /** Ends everything at once. For a second Ctrl-C. */
  async kill() {
    this.#stopRequested = true;
    this.#stopping.abort();
    await this.supervisor.destroy();
  }

  async #start() {
    const { home, environment } = this;
    const { output } = this.options;
    const { signal } = this.#stopping;
    home.create();
    this.#takeHome();
    await endLeftovers(home, output);

    const ports = new Ports();
    const replicas = await planReplicas(environment, ports);
    this.urls = urlsOf(replicas);
    const ownRedis = environment['REDIS_URL'] ? undefined : await redisProgram(output, signal);
    const passwords = ensurePasswords(home);
    ensureKeys(home);
    const postgresPort = environment['DATABASE_URL'] ? null : { host: '127.0.0.1', port: await ports.free() };
    const redisPort = ownRedis === undefined ? null : { host: '127.0.0.1', port: await ports.free() };
    this.#state = {
      supervisor: self(),
      phase: 'starting',
      since: new Date().toISOString(),
      ...this.urls,
      postgres: postgresPort,
      redis: redisPort,
      processes: [],
    };
    this.#saveState();
    this.#housekeeping = setInterval(() => this.#capLogs(), 10_000);

    await this.#prepareWorkspace(() => install(output, signal));
    await this.#allOrNone([
      this.#prepareWorkspace(() => build(output, signal)),
      this.#startServers({ passwords, postgresPort, redisPort, redisProgram: ownRedis }),
    ]);
    await ensureKeyring(home);

    const roles = rolePasswords(passwords, environment);
    await step(output, 'migrations', () =>
      migrate({
        ownerUrl: this.ownerUrl,
        passwords: roles,
        signal,
        onLine: (line) => output.line(`migrations    ${line}`),
      }),
    );
    const ground = { ownerUrl: this.ownerUrl, redisUrl: this.redisUrl, passwords };
    await step(
      output,
      'services',
      async () => {
        const plans = replicas.map((replica) => planService(replica, this.urls, home, ground, environment));
        const started = plans.map((plan) => this.supervisor.start(plan));
        await this.supervisor.allReady(started, { timeoutSeconds: 60, signal });
      },
      () => replicas.map(({ name }) => name).join(', '),
    );
    const rootKey = this.rootKey;
    if (this.options.demo !== false && rootKey) {
      await ensureDemo({ home, gatewayUrl: this.urls.gateway_url, rootKey, output, signal });
    }
    this.#state.phase = 'ready';
    this.#saveState();
  }

  /** One system a home: the lock is held as long as this process lives. */
  #takeHome() {
    const lock = tryLock(this.home.file('up.lock'));
    if ('holder' in lock) throw new UserError(`otpost runs in ${this.home.path} already (pid ${lock.holder.pid}).`);
    this.#lock = lock;
  }

  /**
   * Dependencies and build belong to the checkout, which several homes may share.
   * @param {() => Promise<void>} work
   */
  async #prepareWorkspace(work) {
    if (this.options.prepared) return;
    const onWait = (/** @type {{ pid: number }} */ { pid }) =>
      this.options.output.line(`waiting for another otpost (pid ${pid}) that installs or builds in this folder`);
    mkdirSync(inRoot('.nx'), { recursive: true });
    await withLock(inRoot('.nx', 'otpost.lock'), { onWait, signal: this.#stopping.signal }, work);
  }

  /**
   * @param {object} what
   * @param {import('./secrets.mjs').Passwords} what.passwords
   * @param {{ port: number } | null} what.postgresPort
   * @param {{ port: number } | null} what.redisPort
   * @param {string | undefined} what.redisProgram
   */
  async #startServers({ passwords, postgresPort, redisPort, redisProgram: program }) {
    const { home, environment } = this;
    const { output } = this.options;
    const { signal } = this.#stopping;
    const account = postgresPort || redisPort ? serverAccount(output) : {};
    const folder = postgresPort || redisPort ? dataFolder(home, account, output) : '';
    const wait = (/** @type {ManagedProcess} */ managed) =>
      this.supervisor.allReady([managed], { timeoutSeconds: 60, signal });

    const startPostgres = async () => {
      if (!postgresPort) {
        this.ownerUrl = environment['DATABASE_URL'] ?? '';
        return checkReachable('DATABASE_URL', this.ownerUrl, 5432);
      }
      const durable = this.options.durable ?? true;
      const server = await postgres({
        dataFolder: folder,
        account,
        port: postgresPort.port,
        logFile: home.logFile('postgres'),
        passwords,
        durable,
        signal,
      });
      await wait(this.supervisor.start(server.plan));
      await server.prepare();
      this.ownerUrl = server.ownerUrl;
      this.superuserUrl = server.superuserUrl;
      return `on port ${postgresPort.port}`;
    };
    const startRedis = async () => {
      if (!redisPort || program === undefined) {
        this.redisUrl = environment['REDIS_URL'] ?? '';
        return checkReachable('REDIS_URL', this.redisUrl, 6379);
      }
      const { port } = redisPort;
      const server = redis({
        program,
        dataFolder: folder,
        account,
        port,
        logFile: home.logFile('redis'),
        password: passwords.redis,
      });
      await wait(this.supervisor.start(server.plan));
      this.redisUrl = server.url;
      return `on port ${port}`;
    };
    await this.#allOrNone([
      step(output, 'postgresql', startPostgres, (where) => where),
      step(output, 'redis', startRedis, (where) => where),
    ]);
  }

  /**
   * As `Promise.all`, but the first failure ends the others, and nothing is under way any more when it is told.
   * @param {Promise<unknown>[]} work
   */
  async #allOrNone(work) {
    try {
      await Promise.all(work);
    } catch (error) {
      this.#stopping.abort();
      await Promise.allSettled(work);
      throw error;
    }
  }

  async #stop() {
    if (this.#state) this.#state.phase = 'stopping';
    this.#saveState();
    clearInterval(this.#housekeeping);
    await this.supervisor.stop(({ plan: { service } }) => {
      if (service === 'postgres') return 3;
      if (service === 'redis') return 2;
      return edges.includes(service) ? 0 : 1;
    });
    if (!this.#lock) return; // the home is another's
    rmSync(this.home.file('run.json'), { force: true });
    this.#lock.release();
  }

  #saveState() {
    if (!this.#state) return;
    this.#state.processes = this.supervisor.processes.map(({ plan, identity }) => ({
      name: plan.name,
      service: plan.service,
      host: plan.host,
      port: plan.port,
      identity,
    }));
    this.home.writeState(this.#state);
  }

  #capLogs() {
    for (const { plan } of this.supervisor.processes) capLogFile(plan.logFile);
    capLogFile(this.home.logFile('otpost'));
  }
}

/**
 * A server that somebody else runs.
 * @param {string} variable
 * @param {string} text of the URL: never printed, it holds a password
 * @param {number} defaultPort
 */
async function checkReachable(variable, text, defaultPort) {
  if (!URL.canParse(text)) throw new UserError(`${variable} is not a URL.`);
  const { hostname, port } = new URL(text);
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || defaultPort), timeoutMs: 5_000 };
  const reason = await whyNotReachable(target);
  if (reason)
    throw new UserError(`nothing answers at ${target.host}:${target.port} (${reason}), which ${variable} names.`);
  return `${target.host}:${target.port}, from ${variable}`;
}
