import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { DockerfileParser, type Copy } from 'dockerfile-ast';
import { parse } from 'yaml';
import { environmentVariables, isRead } from './environment-example.mjs';
import { serviceNames } from './services.mjs';
import { inRoot } from './workspace.mjs';

interface Service {
  image: string;
  build?: string;
  command?: string | string[];
  entrypoint?: string[];
  depends_on?: string[] | Record<string, unknown>;
  networks: string[];
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string | number | null>;
}

interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, null>;
}

const read = (path: string) => readFileSync(inRoot(path), 'utf8');
const composeText = read('docker-compose.yml');
const compose = parse(composeText, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const environmentOf = (name: string) => compose.services[name]?.environment ?? {};
const isInstalled = (program: string) => spawnSync(program, ['version'], { stdio: 'ignore' }).error === undefined;
const onlyWith = (program: string) => (isInstalled(program) ? it : it.skip);

/** What docker-compose.yml does not pass on, and why. */
const notPassedOn: Record<string, string> = {
  OTPOST_REPLICA: 'one is made at each start',
  OTPOST_SHUTDOWN_SECONDS: 'its default fits stop_grace_period',
  OTPOST_REDIS_PREFIX: 'Redis is no other deployment’s',
  OTPOST_TWILIO_API_URL: 'for tests',
};

describe('docker-compose.yml', () => {
  it.each([...serviceNames])('tells the %s of every variable that it reads', (service) => {
    const told = environmentOf(service);
    const missing = environmentVariables()
      .filter((variable) => variable.services.includes(service) && notPassedOn[variable.name] === undefined)
      .filter(({ name, fromFile }) => !(name in told) && !(fromFile && `${name}_FILE` in told));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it.each([...serviceNames, 'keys'])('tells the %s of nothing that it does not read', (service) => {
    const ours = Object.keys(environmentOf(service)).filter((name) => /^(OTPOST|DATABASE|REDIS)_/.test(name));
    expect(ours.filter((name) => !isRead(name, service === 'keys' ? 'vault' : service))).toEqual([]);
  });

  it('refers to nothing that is not there', () => {
    for (const [name, { depends_on: needs = [], networks, volumes = [] }] of services) {
      for (const need of Array.isArray(needs) ? needs : Object.keys(needs))
        expect({ name, need, known: need in compose.services }).toMatchObject({ known: true });
      for (const network of networks)
        expect({ name, network, known: network in compose.networks }).toMatchObject({ known: true });
      for (const source of volumes.map((volume) => volume.split(':')[0] ?? ''))
        expect({ name, source, known: source in compose.volumes || existsSync(inRoot(source)) }).toMatchObject({
          known: true,
        });
    }
  });

  it('uses every volume and network that it declares', () => {
    const used = services.flatMap(([, { networks, volumes = [] }]) => [
      ...networks,
      ...volumes.map((volume) => volume.split(':')[0]),
    ]);
    expect(
      [...Object.keys(compose.volumes), ...Object.keys(compose.networks)].filter((n) => !used.includes(n)),
    ).toEqual([]);
  });

  it('has each secret file laid by its setup, in the volume of the service alone', () => {
    const setup = read('deploy/compose/setup.mjs');
    for (const service of serviceNames) {
      const { volumes = [], environment = {} } = compose.services[service] ?? {};
      expect(volumes.filter((volume) => volume.includes('-secrets:'))).toEqual([`${service}-secrets:/run/otpost:ro`]);
      const files = Object.values(environment).filter((value) => String(value).startsWith('/run/otpost/'));
      for (const file of files) expect(setup).toContain(`'${String(file).slice('/run/otpost/'.length)}'`);
    }
  });

  it('opens only TLS and SMTP to others, and believes only what is between Caddy and the gateway', () => {
    const open = services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name);
    expect(open).toEqual(['caddy', 'ingestor']);
    const atEdge = services.filter(([, { networks }]) => networks.includes('edge')).map(([name]) => name);
    expect(atEdge).toEqual(['caddy', 'gateway', 'ingestor']);
    const { edge } = (parse(composeText) as { networks: { edge: { ipam: { config: { subnet: string }[] } } } })
      .networks;
    expect(environmentOf('gateway')['OTPOST_TRUSTED_PROXIES']).toBe(edge.ipam.config[0]?.subnet);
    expect(compose.networks['data']?.internal).toBe(true);
  });

  onlyWith('docker-compose')('is what docker-compose understands (skipped where it is not installed)', () => {
    const { status, stderr } = spawnSync('docker-compose', ['-f', '-', 'config', '--quiet'], {
      input: composeText.replace(/^name: .*$/m, ''), // 1.29 does not know it yet
      cwd: inRoot('.'),
      env: { ...process.env, POSTGRES_PASSWORD: 'one', REDIS_PASSWORD: 'two' }, // eslint-disable-line no-restricted-properties
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  onlyWith('caddy')('has a Caddyfile that Caddy takes (skipped where it is not installed)', () => {
    const file = inRoot('deploy/compose/Caddyfile');
    expect(spawnSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', file]).status).toBe(0);
    expect(spawnSync('caddy', ['fmt', file], { encoding: 'utf8' }).stdout).toBe(read('deploy/compose/Caddyfile'));
  });
});

describe('Dockerfile', () => {
  const instructions = DockerfileParser.parse(read('Dockerfile')).getInstructions();
  const stages = new Map<string, string[]>();
  for (const instruction of instructions) {
    const words = instruction.getArguments().map((argument) => argument.getValue());
    if (instruction.getKeyword() === 'FROM') stages.set(words[2] ?? 'final', []);
    else if (instruction.getKeyword() === 'COPY') {
      const from = (instruction as Copy)
        .getFlags()
        .find((flag) => flag.getName() === 'from')
        ?.getValue();
      const sources = words.slice(0, -1).map((word) => (from === undefined ? word : `${from}:${word}`));
      [...stages.values()].at(-1)?.push(...sources);
    }
  }
  const inFinal = (stages.get('final') ?? []).map((source) => source.replace('build:/otpost/', ''));

  it('copies only from stages that it has, and from files that are in the context', () => {
    for (const source of [...stages.values()].flat()) {
      const [stage, path] = source.includes(':') ? source.split(':') : [undefined, source];
      expect({ source, known: stage === undefined ? existsSync(inRoot(path ?? '')) : stages.has(stage) }).toEqual({
        source,
        known: true,
      });
      if (stage === undefined) expect({ source, ignored: isIgnored(source) }).toEqual({ source, ignored: false });
    }
  });

  it('knows every workspace before it installs', () => {
    const manifests = ['apps', 'libs'].flatMap((folder) =>
      readdirSync(inRoot(folder))
        .map((name) => `${folder}/${name}/package.json`)
        .filter((path) => existsSync(inRoot(path))),
    );
    expect((stages.get('build') ?? []).filter((source) => /^(apps|libs)\//.test(source)).sort()).toEqual(
      manifests.sort(),
    );
  });

  it('has in its context what the builds read outside their own folders', () => {
    const manifests = (stages.get('build') ?? []).filter((source) => source.endsWith('/package.json'));
    const inputs = new Set(
      manifests.flatMap((path) =>
        [...read(path).matchAll(/\{workspaceRoot\}\/([^"*]+?)\/?["*]/g)].map(([, input]) => input),
      ),
    );
    expect(inputs).toContain('docs/openapi.json');
    expect([...inputs].filter((input) => input === undefined || isIgnored(input))).toEqual([]);
  });

  it('keeps secrets and what a machine has built out of its context', () => {
    for (const path of [
      '.env',
      '.otpost/keyring.json',
      'deploy/compose/files/vault/token',
      'node_modules',
      'apps/vault/dist',
    ])
      expect({ path, ignored: isIgnored(path) }).toEqual({ path, ignored: true });
  });

  it('has in its image what docker-compose.yml runs', () => {
    const commands = services
      .filter(([, { image }]) => image === 'otpost')
      .map(([, { entrypoint, command }]) => String(entrypoint ?? command))
      .map((line) => /[\w/-]+\.m?js/.exec(line)?.[0] ?? line);
    expect(commands).toHaveLength(serviceNames.length + 2);
    for (const program of commands) {
      const source = program.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
      expect({ program, exists: existsSync(inRoot(source)) }).toEqual({ program, exists: true });
      expect({ program, copied: inFinal.some((path) => program.startsWith(`${path}/`)) }).toEqual({
        program,
        copied: true,
      });
    }
  });
});

/** As Docker reads .dockerignore: a rule names a path or a folder above it, and the last that does so wins. */
function isIgnored(path: string): boolean {
  let ignored = false;
  for (const rule of read('.dockerignore').split('\n')) {
    if (rule === '' || rule.startsWith('#')) continue;
    const pattern = rule
      .replace(/^!/, '')
      .replace(/[.+]/g, '\\$&')
      .replace(/\*\*\/|\*/g, (star) => (star === '*' ? '[^/]*' : '(.*/)?'));
    if (new RegExp(`^${pattern}(/|$)`).test(path)) ignored = !rule.startsWith('!');
  }
  return ignored;
}
