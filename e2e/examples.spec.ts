import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from './api.js';
import { findChromium } from './browser.mjs';
import { mailBy } from './login-site/messengers.mjs';
import { startLoginSite, type LoginSite } from './login-site/site.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const example = (path: string) => fileURLToPath(new URL(`../examples/${path}`, import.meta.url));
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const chromium = findChromium();

let workspace: Workspace;
let site: LoginSite;

beforeAll(async () => {
  workspace = await createWorkspace(system);
  const noSms = () => Promise.reject(new Error('nobody here has a phone'));
  site = await startLoginSite({ sendMail: mailBy(system.smtpUrl), sendSms: noSms });
});
afterAll(() => site.close());

/** Runs an example as somebody of its own, whose codes the site mails. */
async function signIn(user: string, program: string, args: string[]) {
  const userName = `${user}@people.example`;
  const password = 'the password of an example';
  const body = { permissioned_user_id: user, domain: 'harbour.example', tfa_method: 'EMAIL' };
  const made = await call<{ tfa_email: string }>(system, '/vault', { key: workspace.apiKey, body });
  site.register({ userName, password, name: user, factor: 'mail', email: made.body.tfa_email });
  const env = {
    PATH: path(),
    ...{ OTPOST_URL: system.gatewayUrl, OTPOST_API_KEY: workspace.apiKey },
    ...{ OTPOST_USER: user, OTPOST_DOMAIN: 'harbour.example' },
    ...{ SITE_URL: site.url, SITE_USER: userName, SITE_PASSWORD: password },
    ...(chromium === undefined ? {} : { CHROMIUM: chromium }),
  };
  const ended = await new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(program, args, { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/signed in\n$/), stderr: '' });
  expect(site.entered).toContainEqual({ userName, factor: 'mail' });
  const { body: page } = await call<{ items: { status: string }[] }>(system, '/v1/challenges?limit=1', {
    key: workspace.apiKey,
  });
  expect(page.items).toEqual([expect.objectContaining({ status: 'resolved' })]);
}

function path(): string {
  // eslint-disable-next-line no-restricted-properties -- where the examples' programs are
  return process.env['PATH'] ?? '';
}

function runs(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const onlyWith = (isThere: boolean) => (isThere ? it : it.skip);

describe('the examples sign in where a code is mailed:', () => {
  onlyWith(runs('curl', '--version'))('curl', () => signIn('curl', 'sh', [example('curl/sign-in.sh')]));

  onlyWith(runs('python3', '-c', 'import requests'))('Python with requests', () =>
    signIn('python', 'python3', ['-B', example('python/sign_in.py')]),
  );

  onlyWith(chromium !== undefined)('Playwright with the client', () =>
    signIn('playwright', process.execPath, [example('playwright/sign-in.mjs')]),
  );
});

interface Workflow {
  nodes: { name: string; type: string; parameters: { method?: string; url?: string; genericAuthType?: string } }[];
  connections: Record<string, { main: { node: string }[][] }>;
}

describe('the n8n workflow', () => {
  const { nodes, connections } = JSON.parse(read('examples/n8n/wait-for-code.json')) as Workflow;

  it('is whole: every connection leads from a node to a node, and no node stands alone', () => {
    const names = nodes.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const targets = Object.values(connections).flatMap(({ main }) => main.flat().map(({ node }) => node));
    expect(names).toEqual(expect.arrayContaining([...Object.keys(connections), ...targets]));
    const connected = new Set([...Object.keys(connections), ...targets]);
    const alone = nodes.filter(({ name, type }) => !connected.has(name) && !type.endsWith('.stickyNote'));
    expect(alone).toEqual([]);
  });

  it('calls routes that there are, with a key that is kept in a credential', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, Record<string, unknown>> };
    const calls = nodes.filter(({ type }) => type === 'n8n-nodes-base.httpRequest');
    for (const { parameters } of calls) {
      expect(parameters.genericAuthType).toBe('httpHeaderAuth');
      const route =
        (parameters.url ?? '')
          .replace(/^=\{\{.*?\}\}/, '')
          .replace(/\{\{.*?\}\}/g, '{id}')
          .split('?', 1)[0] ?? '';
      expect(paths[route]).toHaveProperty((parameters.method ?? '').toLowerCase());
    }
    expect(calls).toHaveLength(3);
  });
});
