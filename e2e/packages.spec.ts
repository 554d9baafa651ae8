import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { call } from './api.js';
import { totpBetween } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, testFolder, type Workspace } from './system.js';

jest.setTimeout(120_000);
const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(testFolder(), 'packages');
const system = sharedSystem();
const secret = 'ONSWG4TFORPXA4DPMNVWKZDTMVZXI2LO';
let workspace: Workspace;
let tarballs: { cli: string; client: string };

/** An environment that knows of no registry's answer: what is not in the tarball is not there. */
const environment = () => ({
  ...{ PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`, HOME: folder, npm_config_cache: join(folder, 'cache') },
  // It would ask for a newer npm, and say so among our own words.
  npm_config_update_notifier: 'false',
  ...{ OTPOST_URL: system.gatewayUrl, OTPOST_API_KEY: workspace.apiKey },
});

/** An empty folder with one tarball installed in it, offline. */
async function install(name: string, tarball: string): Promise<string> {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{"name": "empty", "private": true, "type": "module"}');
  const args = ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball];
  await run('npm', args, { cwd, env: environment() });
  return cwd;
}

const manifestOf = (cwd: string, name: string) =>
  JSON.parse(readFileSync(join(cwd, 'node_modules', name, 'package.json'), 'utf8')) as Record<string, unknown>;

beforeAll(async () => {
  workspace = await createWorkspace(system);
  const body = { permissioned_user_id: 'alice', domain: 'packed.example', tfa_secret: secret };
  await call(system, '/vault', { key: workspace.apiKey, body });
  const { stdout } = await run(process.execPath, [join(root, 'tools/packages/pack.mjs'), join(folder, 'tarballs')]);
  const [cli = '', client = ''] = stdout.trim().split('\n');
  tarballs = { cli, client };
});

describe('the package otpost', () => {
  let cwd: string;
  const npx = (...args: string[]) => run('npx', ['--no-install', 'otpost', ...args], { cwd, env: environment() });
  beforeAll(async () => {
    cwd = await install('cli', tarballs.cli);
  });

  it('needs nothing beside it, and is small', () => {
    const { dependencies, ...manifest } = manifestOf(cwd, 'otpost');
    expect(dependencies).toBeUndefined();
    expect(manifest).toMatchObject({
      bin: { otpost: 'otpost.js' },
      engines: { node: '>=20.19' },
      license: 'Apache-2.0',
    });
    expect(manifest).not.toHaveProperty('private');
    expect(statSync(tarballs.cli).size).toBeLessThan(300_000);
    const installed = readFileSync(join(cwd, 'package-lock.json'), 'utf8').match(/"node_modules\/[^"]+"/g);
    expect(installed).toEqual(['"node_modules/otpost"']);
    const licences = readFileSync(join(cwd, 'node_modules/otpost/THIRD-PARTY.txt'), 'utf8');
    for (const name of ['commander', 'zod', '@modelcontextprotocol/sdk', 'otplib']) expect(licences).toContain(name);
  });

  it('runs with npx, and says its version', async () => {
    const { stdout } = await npx('--version');
    expect(stdout.trim()).toBe(manifestOf(cwd, 'otpost')['version']);
  });

  it('prints a code', async () => {
    const from = Date.now();
    const { stdout, stderr } = await npx('code', 'packed.example');
    expect(stderr).toBe('');
    expect(totpBetween({ secret }, from, Date.now())).toContain(stdout.trim());
  });

  it('serves MCP and reads exports, whose libraries it has brought along', async () => {
    const file = join(root, 'apps/cli/src/exports/testing/aegis.json');
    const failure = await npx('import', file, '--dry-run').catch((error: Error & { stderr: string }) => error);
    expect(failure.stderr).toContain('Aegis: 3 would be stored, 1 duplicate, 1 refused');
    const child = run('npx', ['--no-install', 'otpost', 'mcp'], { cwd, env: environment() });
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a host', version: '1' } };
    child.child.stdin?.end(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    expect(JSON.parse((await child).stdout)).toMatchObject({ id: 1, result: { capabilities: { tools: {} } } });
  });
});

describe('the package @otpost/client', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await install('client', tarballs.client);
  });

  it('works from an ES module', async () => {
    writeFileSync(
      join(cwd, 'program.js'),
      `import { createClient } from '@otpost/client';
const { OTPOST_URL: url, OTPOST_API_KEY: apiKey } = process.env;
const query = { permissioned_user_id: 'alice', domain: 'packed.example' };
console.log((await createClient({ url, apiKey }).get('/vault/tfa-code', { params: { query } })).code);
`,
    );
    const from = Date.now();
    const { stdout } = await run(process.execPath, ['program.js'], { cwd, env: environment() });
    expect(totpBetween({ secret }, from, Date.now())).toContain(stdout.trim());
  });

  it('has types that hold what the API has, and refuse what it has not', async () => {
    const rightly = `import { createClient, OtpostError, type OtpostEvent } from '@otpost/client';
const otpost = createClient({ url: 'http://127.0.0.1:3000', apiKey: 'key' });
const { code } = await otpost.waitForCode({ permissioned_user_id: 'a', domain: 'b.example' }, { timeoutSeconds: 1 });
export const text: string | null = code;
const { items } = await otpost.get('/v1/inboxes', { params: { query: { limit: 10 } } });
export const address: string | undefined = items[0]?.address;
export type Event = OtpostEvent;
export const isOurs = (error: unknown) => error instanceof OtpostError && error.requestId;
`;
    const wrongly = `import { createClient } from '@otpost/client';
await createClient({ url: '', apiKey: '' }).get('/v1/no-such-path');
`;
    writeFileSync(join(cwd, 'rightly.ts'), rightly);
    writeFileSync(join(cwd, 'wrongly.ts'), wrongly);
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const options = [
      '--strict',
      '--noEmit',
      '--module',
      'NodeNext',
      '--target',
      'ES2023',
      '--lib',
      'ES2023,DOM,DOM.AsyncIterable',
    ];
    const compile = (file: string) => run(process.execPath, [compiler, ...options, file], { cwd, env: environment() });
    const [right, wrong] = await Promise.all(
      ['rightly.ts', 'wrongly.ts'].map((file) => compile(file).catch((error: { stdout: string }) => error)),
    );
    expect(right?.stdout).toBe('');
    expect(wrong?.stdout).toMatch(/wrongly\.ts\(2,\d+\): error TS2345.*no-such-path/);
  });
});
