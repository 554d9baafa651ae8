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
import { Ports } from './ports.mjs';
import { self } from './processes.mjs';
import { redisProgram } from './redis.mjs';
import { ensureKeyring, ensureKeys, ensurePasswords, readKey } from './secrets.mjs';
import { startServers } from './servers.mjs';
import { edges, planReplicas, planService, rolePasswords, urlsOf } from './services.mjs';
import { Supervisor } from './supervisor.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./home.mjs').Home} Home */
/** @typedef {import('./home.mjs').RunState} RunState */
/** @typedef {import('./output.mjs').Output} Output */
/** @typedef {import('./services.mjs').Environment} Environment */

/**
 * @typedef {object} SystemOptions
 * @property {Home} home
 * @property {Output} output
 * @property {Environment} [environment] default: that of this process
 * @property {boolean} [durable] default true; `false` for tests: what a power cut would lose may be lost
 * @property {boolean} [demo] whether to make the demo workspace; default true
 * @property {boolean} [serversOnly] only PostgreSQL and Redis; default false
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
    /** @type {import('./servers.mjs').ServerUrls} */
    this.servers = { ownerUrl: '', superuserUrl: '', redisUrl: '' };
  }

  get rootKey() {
    return readKey('OTPOST_ROOT_KEY', this.home, this.environment);
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

    // Everything that can be refused is looked at before anything is started.
    const ports = new Ports();
    const replicas = this.options.serversOnly ? [] : await planReplicas(environment, ports);
    const program = environment['REDIS_URL'] ? undefined : await redisProgram(output, signal);
    const postgresPort = environment['DATABASE_URL'] ? undefined : await ports.free();
    const redisPort = environment['REDIS_URL'] ? undefined : await ports.free();
    const passwords = ensurePasswords(home);
    if (replicas.length > 0) {
      ensureKeys(home, environment);
      this.urls = urlsOf(replicas);
    }
    this.#beginState({ postgresPort, redisPort });

    await this.#inWorkspace(() => install(output, signal));
    const servers = startServers(
      {
        home,
        environment,
        supervisor: this.supervisor,
        passwords,
        postgresPort,
        redisPort,
        redisProgram: program,
        durable: this.options.durable ?? true,
        output,
        signal,
      },
      (work) => this.#allOrNone(work),
    );
    await this.#allOrNone([this.#inWorkspace(() => build(output, signal)), servers]);
    this.servers = await servers;
    if (replicas.length > 0) await this.#startServices(replicas, passwords);
    this.#setPhase('ready');
  }

  /**
   * @param {import('./services.mjs').Replica[]} replicas
   * @param {import('./secrets.mjs').Passwords} passwords
   */
  async #startServices(replicas, passwords) {
    const { home, environment, urls } = this;
    const { output } = this.options;
    const { signal } = this.#stopping;
    const { ownerUrl, redisUrl } = this.servers;
    await ensureKeyring(home, environment);
    await step(output, 'migrations', () =>
      migrate({
        ownerUrl,
        passwords: rolePasswords(passwords, environment),
        signal,
        onLine: (line) => output.line(`migrations    ${line}`),
      }),
    );
    const names = replicas.map(({ name }) => name).join(', ');
    const startAll = async () => {
      const ground = { ownerUrl, redisUrl, passwords };
      const plans = replicas.map((replica) => planService(replica, urls, home, ground, environment));
      const started = plans.map((plan) => this.supervisor.start(plan));
      await this.supervisor.allReady(started, { timeoutSeconds: 60, signal });
    };
    await step(output, 'services', startAll, () => names);
    const { rootKey } = this;
    if (this.options.demo !== false && rootKey) {
      await ensureDemo({ home, gatewayUrl: urls.gateway_url, rootKey, output, signal });
    }
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
  async #inWorkspace(work) {
    if (this.options.prepared) return;
    const onWait = (/** @type {{ pid: number }} */ { pid }) =>
      this.options.output.line(`waiting for another otpost (pid ${pid}) that installs or builds in this folder`);
    mkdirSync(inRoot('.nx'), { recursive: true });
    await withLock(inRoot('.nx', 'otpost.lock'), { onWait, signal: this.#stopping.signal }, work);
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
    this.#setPhase('stopping');
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

  /** @param {{ postgresPort: number | undefined, redisPort: number | undefined }} ports */
  #beginState({ postgresPort, redisPort }) {
    this.#state = {
      supervisor: self(),
      phase: 'starting',
      since: new Date().toISOString(),
      ...this.urls,
      hooks_url: this.environment['OTPOST_PUBLIC_INGEST_URL'] || this.urls.ingest_url,
      postgres_port: postgresPort ?? null,
      redis_port: redisPort ?? null,
      processes: [],
    };
    this.#saveState();
    this.#housekeeping = setInterval(() => this.#capLogs(), 10_000);
  }

  /** @param {RunState['phase']} phase */
  #setPhase(phase) {
    if (this.#state) this.#state.phase = phase;
    this.#saveState();
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
