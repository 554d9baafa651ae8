import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, fetch as fetchThrough, type RequestInit, type Response } from 'undici';
import { freePort } from './free-port.js';
import { until } from './inbound-senders.js';
import { testFolder, type System } from './system.js';

/** Caddy with deploy/compose/Caddyfile, in front of a system. */
export interface Caddy {
  /** As a client on 127.0.0.5 who believes Caddy's own authority. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** What it has logged. */
  log(): string;
  end(): Promise<void>;
}

const caddyfile = fileURLToPath(new URL('../deploy/compose/Caddyfile', import.meta.url));

export function hasCaddy(): boolean {
  return spawnSync('caddy', ['version'], { stdio: 'ignore' }).status === 0;
}

/** The file as it is, but for what is this machine's: ports, the loopback address, and how long a test waits for what stays away. */
export async function startCaddy(port: number, { gatewayUrl, ingestUrl }: System): Promise<Caddy> {
  const home = join(testFolder(), `caddy-${port}`);
  mkdirSync(join(home, 'logs'), { recursive: true });
  const at = (url: string) => `${new URL(url).hostname} ${new URL(url).port}`;
  const environment = {
    PATH: path(),
    HOME: home,
    XDG_DATA_HOME: home,
    XDG_CONFIG_HOME: home,
    OTPOST_DOMAIN: `localhost:${port}`,
    OTPOST_GATEWAY: at(gatewayUrl),
    OTPOST_INGESTOR: at(ingestUrl),
  };
  const adapted = execFileSync('caddy', ['adapt', '--config', caddyfile, '--adapter', 'caddyfile'], {
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const config = JSON.parse(adapted.replace('"try_duration":10000000000', '"try_duration":300000000')) as {
    apps: { http: { http_port?: number; servers: Record<string, { listen: string[] }> } };
  };
  config.apps.http.http_port = await freePort();
  for (const server of Object.values(config.apps.http.servers))
    server.listen = server.listen.map((address) => `127.0.0.1${address}`);
  writeFileSync(join(home, 'caddy.json'), JSON.stringify(config));

  const logFile = join(home, 'logs', 'caddy.log');
  const child = spawn('caddy', ['run', '--config', join(home, 'caddy.json')], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.pipe(createWriteStream(logFile));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const log = () => readFileSync(logFile, 'utf8');

  let client: Agent | undefined;
  const url = `https://localhost:${port}`;
  await until('an answer by Caddy', async () => {
    try {
      const ca = readFileSync(join(home, 'caddy/pki/authorities/local/root.crt'));
      client = new Agent({ localAddress: '127.0.0.5', connect: { ca, family: 4 } });
      return (await fetchThrough(`${url}/healthz`, { dispatcher: client })).ok || undefined;
    } catch {
      return undefined;
    }
  });
  return {
    fetch: (path, init = {}) => fetchThrough(url + path, { ...init, ...(client ? { dispatcher: client } : {}) }),
    log,
    end: async () => {
      child.kill();
      await ended;
      await client?.destroy();
    },
  };
}

function path(): string {
  // eslint-disable-next-line no-restricted-properties
  return process.env['PATH'] ?? '';
}
