import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A running system, as a test sees it. */
export interface System {
  gatewayUrl: string;
  ingestUrl: string;
  /** smtp://host:port */
  smtpUrl: string;
  rootKey: string;
  /** The demo workspace; absent where the system was started without one. */
  demo: Workspace | undefined;
  /** Where providers post to, and what proves them. */
  hooks: Hooks;
  /** PostgreSQL as the role that owns the schema. */
  ownerUrl: string;
  /** PostgreSQL as the superuser, who sees every row of every table. */
  superuserUrl: string;
  redisUrl: string;
  /** Its OTPOST_HOME. */
  home: string;
  /** The log of one process: `gateway`, `vault-2`, `postgres`, `redis`. */
  logFile(process: string): string;
}

export interface Hooks {
  twilioSms: string;
  twilioAuthToken: string;
  /** With the secret path segment. */
  sendgridParse: string;
  mime: string;
  /** whsec_…, Standard Webhooks. */
  mimeSecret: string;
}

export interface Workspace {
  workspaceId: string;
  apiKey: string;
  /** 64 hex digits. */
  clientEncryptionKey: string;
}

/** A system of the test's own, whose parts it may break. */
export interface OwnSystem extends System {
  /** One process of it, e.g. `vault-2`; `pid` is undefined while it is down. */
  process(name: string): Promise<{ port: number; pid: number | undefined }>;
  /** Sends a signal, SIGKILL by default, and does not wait. A process that ends by it is started again within a second. */
  kill(process: string, signal?: NodeJS.Signals): Promise<void>;
  /** Stops a process as an operator would; it stays down until `start`. Also `postgres` and `redis`. */
  stop(process: string): Promise<void>;
  /** Starts a stopped process, and waits until it is ready; for one that was killed, waits until it is ready again. */
  start(process: string): Promise<void>;
  /** Stops and starts. */
  restart(process: string): Promise<void>;
  /** Stops everything. To be called in `afterAll`. */
  end(): Promise<void>;
}

export interface SystemOptions {
  /** More of the services' environment, e.g. `OTPOST_VAULT_REPLICAS`. */
  environment?: Record<string, string>;
  /** Whether to make the demo workspace. Default: no. */
  demo?: boolean;
}

/** The system that all spec files share. It has two vaults. Nobody stops or breaks it: for that there is `startSystem`. */
export function sharedSystem(): System {
  return systemOf(JSON.parse(readFileSync(join(testFolder(), 'shared.json'), 'utf8')) as Description);
}

/** Starts a system of one's own, with databases, keys and ports of its own: about four seconds. */
export async function startSystem({ environment = {}, demo = false }: SystemOptions = {}): Promise<OwnSystem> {
  const orders = openChannel();
  const home = join(testFolder(), `own-${randomUUID().slice(0, 8)}`);
  const description = await orders.send<Description>({ do: 'start', home, environment, demo });
  const own: OwnSystem = {
    ...systemOf(description),
    process: async (name) => {
      const state = await orders.send<State>({ do: 'state' });
      const found = state.processes.find((candidate) => candidate.name === name);
      if (!found) throw new Error(`there is no process ${name}`);
      return { port: found.port, pid: found.identity?.pid };
    },
    kill: (process, signal = 'SIGKILL') => orders.send({ do: 'kill', process, signal }),
    stop: (process) => orders.send({ do: 'stop', process }),
    start: (process) => orders.send({ do: 'begin', process }),
    restart: async (process) => {
      await own.stop(process);
      await own.start(process);
    },
    end: async () => {
      if (orders.isOpen()) await orders.send({ do: 'end' });
      orders.close();
    },
  };
  return own;
}

/** A workspace of the test's own, so that spec files cannot disturb each other. */
export async function createWorkspace(system: System, name: string = randomUUID()): Promise<Workspace> {
  const response = await fetch(`${system.gatewayUrl}/v1/workspaces`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.rootKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (response.status !== 201) throw new Error(`POST /v1/workspaces: ${response.status} ${await response.text()}`);
  const made = (await response.json()) as {
    workspace: { id: string };
    api_key: { key: string };
    client_encryption_key: string;
  };
  return {
    workspaceId: made.workspace.id,
    apiKey: made.api_key.key,
    clientEncryptionKey: made.client_encryption_key,
  };
}

/** Where the systems of this run live, and what the canary test looks for. */
export function testFolder(): string {
  // eslint-disable-next-line no-restricted-properties -- set by ./otpost test
  const folder = process.env['OTPOST_TEST_FOLDER'];
  if (folder === undefined) throw new Error('end-to-end tests are run by "./otpost test e2e"');
  return folder;
}

/** As `tools/otpost/test-system.mjs` describes a system. */
interface Description {
  home: string;
  gateway_url: string;
  ingest_url: string;
  smtp_url: string;
  root_key: string;
  demo: { api_key: string; workspace_id: string; client_encryption_key: string } | null;
  hooks: Record<'twilio_sms' | 'twilio_auth_token' | 'sendgrid_parse' | 'mime' | 'mime_secret', string>;
  database_url: string;
  superuser_url: string;
  redis_url: string;
}

interface State {
  processes: { name: string; port: number; identity: { pid: number } | null }[];
}

type Order =
  | { do: 'start'; home: string; environment: Record<string, string>; demo: boolean }
  | { do: 'kill'; process: string; signal: NodeJS.Signals }
  | { do: 'stop' | 'begin'; process: string }
  | { do: 'state' | 'end' };

type Answer = { id: number } & ({ error: string } | { value?: unknown });

/** Orders to `tools/otpost/system-process.mjs`. It ends its system when this process goes away, however that comes about. */
function openChannel() {
  const child = fork(fileURLToPath(new URL('../tools/otpost/system-process.mjs', import.meta.url)), {
    execArgv: [],
    detached: true,
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', (answer: Answer) => {
    const order = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) order?.reject(new Error(answer.error));
    else order?.resolve(answer.value);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the system's process ended (exit code ${code ?? 'none'})`));
    waiting.clear();
  });
  return {
    send: <Value = void>(order: Order): Promise<Value> =>
      new Promise<unknown>((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        child.send({ id, ...order }, (error) => error && reject(error));
      }) as Promise<Value>,
    isOpen: () => child.connected,
    close: () => child.connected && child.disconnect(),
  };
}

function systemOf(description: Description): System {
  const { demo, hooks } = description;
  return {
    gatewayUrl: description.gateway_url,
    ingestUrl: description.ingest_url,
    smtpUrl: description.smtp_url,
    rootKey: description.root_key,
    demo: demo
      ? { workspaceId: demo.workspace_id, apiKey: demo.api_key, clientEncryptionKey: demo.client_encryption_key }
      : undefined,
    hooks: {
      twilioSms: hooks.twilio_sms,
      twilioAuthToken: hooks.twilio_auth_token,
      sendgridParse: hooks.sendgrid_parse,
      mime: hooks.mime,
      mimeSecret: hooks.mime_secret,
    },
    ownerUrl: description.database_url,
    superuserUrl: description.superuser_url,
    redisUrl: description.redis_url,
    home: description.home,
    logFile: (process) => join(description.home, 'logs', `${process}.log`),
  };
}
