import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Webhook } from 'standardwebhooks';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { hotpAt, totpBetween } from './independent-totp.mjs';
import { sendMail, someCode, until } from './inbound-senders.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const program = fileURLToPath(new URL('../apps/cli/bin/otpost.js', import.meta.url));
const exported = (name: string) => fileURLToPath(new URL(`../apps/cli/src/exports/testing/${name}`, import.meta.url));

const secret = 'ONSWG4TFORPWM33SL52GQZK7MNWGS5DF';
/** Those of the exports. */
const importedSecrets = [
  'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  'KRSXG5CTMVRXEZLUKN2HE2LOM4QQ2BIO',
];
let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace(system);
  for (const value of [secret, ...importedSecrets]) rememberSecret('authenticator secret at the command line', value);
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const environment = (key = workspace.apiKey) => ({
  PATH: '/usr/bin:/bin',
  OTPOST_URL: system.gatewayUrl,
  OTPOST_API_KEY: key,
});

function start(args: string[], key?: string): { child: ChildProcess; said: Ended; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], { env: environment(key) });
  const said: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ ...said, code })));
  return { child, said, ended };
}

const otpost = (...args: string[]) => start(args).ended;

async function credential(user: string, domain: string, more: Record<string, unknown> = {}): Promise<{ id: string }> {
  const body = { permissioned_user_id: user, domain, ...more };
  return (await call<{ id: string }>(system, '/vault', { key: workspace.apiKey, body })).body;
}

async function storeSecret(body: Record<string, unknown>): Promise<string> {
  const made = await call<{ id: string }>(system, '/v1/otp-secrets', { key: workspace.apiKey, body });
  return made.body.id;
}

describe('otpost code', () => {
  it('prints the current code and nothing else, by whatever the login is called', async () => {
    const { id } = await credential('alice', 'code.example', { tfa_secret: secret });
    const from = Date.now();
    const answers = await Promise.all([
      otpost('code', 'https://www.Code.example/login'),
      otpost('code', '--user', 'alice', '--domain', 'code.example'),
      otpost('code', '--credential', id),
      otpost('code', '--secret', await storeSecret({ type: 'totp', label: 'code', secret })),
    ]);
    const right = totpBetween({ secret }, from, Date.now());
    for (const { code, stdout, stderr } of answers) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(right).toContain(stdout.trim());
    }
  });

  it('takes one step of a HOTP secret for each code', async () => {
    await credential('alice', 'fob.example', { tfa_secret: `otpauth://hotp/fob?secret=${secret}&counter=5` });
    expect(await otpost('code', 'fob.example')).toMatchObject({ code: 0, stdout: `${hotpAt({ secret }, 5)}\n` });
    const { stdout } = await otpost('code', 'fob.example', '--json');
    expect(JSON.parse(stdout)).toEqual({ type: 'hotp', code: hotpAt({ secret }, 6) });
  });

  it('lists those that could be meant, rather than guess', async () => {
    for (const user of ['alice', 'bob']) await credential(user, 'two.example');
    const { code, stdout, stderr } = await otpost('code', 'two.example');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/2 credentials are two\.example.*\n {2}alice +two\.example +\S+\n {2}bob +two\.example/);
  });

  it('tells by its exit code why there is none, in one line with the id of the request', async () => {
    await credential('alice', 'mail.example', { tfa_method: 'EMAIL' });
    const answers = await Promise.all([
      otpost('code', 'unheard-of.example'),
      otpost('code', 'mail.example'),
      start(['code', 'mail.example'], 'otp_live_nobody_nothing').ended,
      otpost('code'),
      otpost('code', 'mail.example', '--url', 'http://127.0.0.1:9'),
    ]);
    expect(answers.map(({ code, stdout }) => [code, stdout])).toEqual([4, 4, 3, 2, 6].map((code) => [code, '']));
    for (const { stderr } of answers) expect(stderr).toMatch(/^otpost: [^\n]+\n$/);
    expect(answers[1]?.stderr).toMatch(/\(request [\w-]+\)/);
    expect(answers[2]?.stderr).toMatch(/\(request [\w-]+\)/);
    expect(answers[2]?.stderr).not.toContain('nothing');
    const { code, stderr } = await otpost('--json', 'code', 'mail.example');
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'no_fresh_code', status: 404, request_id: expect.any(String) },
    });
  });
});

describe('otpost wait', () => {
  it('prints a mailed code when it comes, and has it wiped', async () => {
    const pair = { permissioned_user_id: 'alice', domain: 'wait.example' };
    await credential('alice', 'wait.example', { tfa_method: 'EMAIL' });
    const { body } = await call<{ tfa_email: string }>(system, `/vault?${new URLSearchParams(pair).toString()}`, {
      key: workspace.apiKey,
    });
    const waiting = start(['wait', 'wait.example', '--session', 'run-cli', '--json']);
    await until('the challenge', () => challenge('run-cli', 'pending'));
    const code = someCode();
    await sendMail(system, { to: body.tfa_email, text: `Your verification code is ${code}` });
    const ended = await waiting.ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const answer = JSON.parse(ended.stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({ code, factor: 'email', link: null });
    const after = await call(system, `/v1/challenges/${String(answer['challenge_id'])}`, { key: workspace.apiKey });
    expect(after.body).not.toHaveProperty('code');
  });

  it('gives up when the time is over, leaving no challenge open', async () => {
    await credential('alice', 'late.example', { tfa_method: 'EMAIL' });
    const { code, stdout, stderr } = await otpost('wait', 'late.example', '--timeout', '1', '--session', 'run-late');
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('/code/');
    expect(await challenge('run-late', 'cancelled')).toBe(true);
  });

  it('cancels its challenge when it is interrupted', async () => {
    await credential('alice', 'interrupted.example', { tfa_method: 'EMAIL' });
    const { child, ended } = start(['wait', 'interrupted.example', '--session', 'run-interrupted']);
    await until('the challenge', () => challenge('run-interrupted', 'pending'));
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(await challenge('run-interrupted', 'cancelled')).toBe(true);
  });
});

async function challenge(session: string, status: string): Promise<true | undefined> {
  const path = `/v1/challenges?session_id=${session}&status=${status}`;
  const { body } = await call<{ items: unknown[] }>(system, path, { key: workspace.apiKey });
  return body.items.length === 1 ? true : undefined;
}

describe('otpost credentials and inbox', () => {
  it('list what there is, aligned or as JSON, without anything that is sealed', async () => {
    await credential('carol', 'list.example', { tfa_method: 'EMAIL', password: 'a-password-at-the-command-line' });
    const { stdout } = await otpost('credentials', '--user', 'carol');
    expect(stdout).toMatch(/^USER +DOMAIN +CODES BY +ADDRESS +ID\ncarol +list\.example +email +\S+@\S+ +\S+\n$/);
    const asJson = JSON.parse((await otpost('credentials', 'list.example', '--json')).stdout) as object[];
    expect(asJson).toEqual([expect.objectContaining({ permissioned_user_id: 'carol', tfa_method: 'EMAIL' })]);
    expect(asJson[0]).not.toHaveProperty('password');
  });

  it('print the address of a login, and what came of its mail', async () => {
    await credential('carol', 'box.example', { tfa_method: 'EMAIL' });
    const { stdout } = await otpost('inbox', 'box.example');
    const address = stdout.trim();
    expect(address).toMatch(/^\S+@\S+$/);
    expect((await otpost('inbox')).stdout).toContain(address);
    const code = someCode();
    await sendMail(system, { to: address, text: `Your verification code is ${code}` });
    await until('the message', async () =>
      (await otpost('inbox', 'box.example', '--messages')).stdout.includes('deposited') ? true : undefined,
    );
    const messages = await otpost('inbox', 'box.example', '--messages', '--json');
    expect(JSON.parse(messages.stdout)).toEqual([expect.objectContaining({ to: address, channel: 'email' })]);
    expect(messages.stdout).not.toContain(code);
  });
});

describe('otpost import', () => {
  it.each([
    'aegis.json',
    '2fas.json',
    'bitwarden.json',
    '1password.1pux',
    '1password.csv',
    'google.txt',
    'otpauth.txt',
  ])('stores the accounts of %s, each once, and says what it cannot store', async (file) => {
    const { apiKey } = await createWorkspace(system);
    const { code, stdout, stderr } = await start(['import', exported(file)], apiKey).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/: 3 stored, 1 duplicate, 1 refused\n$/);
    for (const value of importedSecrets) expect(stdout + stderr).not.toContain(value);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => /stored|duplicate|refused/.exec(line)?.[0]).sort()).toEqual([
      'duplicate',
      'refused',
      'stored',
      'stored',
      'stored',
    ]);
    const { body } = await call<{ items: { issuer: string; type: string }[] }>(system, '/v1/otp-secrets', {
      key: apiKey,
    });
    expect(body.items.map(({ issuer, type }) => `${issuer} ${type}`).sort()).toEqual([
      'Bank totp',
      'GitHub totp',
      'VPN hotp',
    ]);
  });

  it('stores nothing twice when the same file is imported again, and nothing at all on a dry run', async () => {
    const { apiKey } = await createWorkspace(system);
    const runs = [['--dry-run'], [], []].map((flags) => ['import', exported('aegis.json'), '--json', ...flags]);
    const results: string[][] = [];
    for (const args of runs) {
      const { stdout } = await start(args, apiKey).ended;
      const { entries } = JSON.parse(stdout) as { entries: { result: string; id: string | null }[] };
      results.push(entries.map(({ result, id }) => id ?? result));
    }
    expect(results[0]).toEqual(['would be stored', 'would be stored', 'would be stored', 'duplicate', 'refused']);
    expect(results[2]).toEqual(results[1]);
    const { body } = await call<{ items: unknown[] }>(system, '/v1/otp-secrets', { key: apiKey });
    expect(body.items).toHaveLength(3);
  });

  it('stores again what was deleted meanwhile', async () => {
    const { apiKey } = await createWorkspace(system);
    const run = async () => {
      const { stdout } = await start(['import', exported('google.txt'), '--json'], apiKey).ended;
      return (JSON.parse(stdout) as { entries: { id: string | null }[] }).entries.map(({ id }) => id);
    };
    const [deleted, ...kept] = await run();
    await call(system, `/v1/otp-secrets/${deleted ?? ''}`, { method: 'DELETE', key: apiKey });
    const again = await run();
    expect(again.slice(1)).toEqual(kept);
    expect(again[0]).toEqual(expect.any(String));
    expect(again[0]).not.toBe(deleted);
  });

  it('reads standard input', async () => {
    const { child, ended } = start(['import', '-', '--dry-run']);
    child.stdin?.end(`otpauth://totp/Site:me?secret=${secret}\n`);
    expect(await ended).toMatchObject({ code: 0, stdout: 'Site: me  totp  would be stored\n' });
  });

  it('refuses what is encrypted, in a sentence that tells what to do', async () => {
    const { code, stderr } = await otpost('import', exported('aegis-encrypted.json'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'otpost: this Aegis export is encrypted: give its password with --password-file, or export it again without encryption ("Encrypt the vault" off)\n',
    });
    expect((await otpost('import', '/no/such/file')).code).toBe(2);
  });
});

/** A line to the gateway that can be cut. */
async function startLine({ hostname, port }: URL): Promise<{ url: string; cut(): void; mend(): void; end(): void }> {
  let isCut = false;
  const ends = new Set<Socket>();
  const server = createTcpServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      ends.add(one);
      one.on('error', () => undefined).on('close', () => void other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    isCut = true;
    for (const end of ends) end.destroy();
    ends.clear();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => (isCut = false),
    end: () => {
      cut();
      server.close();
    },
  };
}

describe('otpost webhooks listen', () => {
  const signingSecret = `whsec_${Buffer.alloc(32, 'listen').toString('base64')}`;
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(202).end();
    });
  });
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('forwards every event once, signed as webhooks are, and says how the receiver took it', async () => {
    const { port } = server.address() as AddressInfo;
    const listening = start([
      'webhooks',
      'listen',
      '--forward-to',
      String(port),
      '--events',
      'interaction.waiting,interaction.failed',
    ]);
    const shown = await until('the secret', () => /signing secret (whsec_\S+)\n/.exec(listening.said.stdout)?.[1]);
    rememberSecret('signing secret of webhooks listen', shown);
    await credential('dave', 'events.example', { tfa_method: 'EMAIL' });
    const opened = await call<{ id: string }>(system, '/v1/challenges', {
      key: workspace.apiKey,
      body: { permissioned_user_id: 'dave', domain: 'events.example', client_id: 'somebody', metadata: { run: 7 } },
    });
    await call(system, `/v1/challenges/${opened.body.id}`, { method: 'DELETE', key: workspace.apiKey });
    await until('both lines', () => (listening.said.stdout.split('\n').length === 5 ? true : undefined));
    listening.child.kill('SIGINT');
    expect((await listening.ended).code).toBe(0);

    expect(listening.said.stdout.split('\n').slice(2, 4)).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}interaction\.waiting +202 +\d+ ms {2}[0-9a-f-]{36}$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}interaction\.failed +202 +\d+ ms {2}[0-9a-f-]{36}$/),
    ]);
    const { body: events } = await call<{ items: { id: string; event: string }[] }>(system, '/v1/events', {
      key: workspace.apiKey,
    });
    for (const { headers, body } of received) {
      const text = (name: string) => String(headers[name]);
      const standard = Object.fromEntries(
        ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, text(name)]),
      );
      expect(new Webhook(shown).verify(body, standard)).toMatchObject({
        metadata: { run: 7 },
        timestamp: expect.any(Number),
      });
      expect(text('x-hmac-signature')).toMatch(/^sha256=[0-9a-f]{64}$/);
      expect(events.items).toContainEqual(expect.objectContaining({ id: text('webhook-id') }));
    }
    expect(received.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
      'interaction.waiting',
      'interaction.failed',
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      payload: { page_url: expect.stringContaining('/code/') },
    });
  });

  it('loses nothing and doubles nothing where connections are lost', async () => {
    const line = await startLine(new URL(system.gatewayUrl));
    const { port } = server.address() as AddressInfo;
    const args = [
      'webhooks',
      'listen',
      '-f',
      String(port),
      '-e',
      'interaction.failed',
      '--url',
      line.url,
      '--secret',
      signingSecret,
    ];
    const listening = start(args);
    const forwarded = () => listening.said.stdout.match(/interaction\.failed/g)?.length ?? 0;
    const happen = async () => {
      const body = { permissioned_user_id: 'dave', domain: 'events.example' };
      const opened = await call<{ id: string }>(system, '/v1/challenges', { key: workspace.apiKey, body });
      await call(system, `/v1/challenges/${opened.body.id}`, { method: 'DELETE', key: workspace.apiKey });
    };
    await until('the stream', () => (listening.said.stdout.includes('forwarding') ? true : undefined));
    received.length = 0;
    // Before the first event, and then between events.
    for (let round = 1; round <= 3; round += 1) {
      line.cut();
      await until('the loss', () => (listening.said.stderr.includes('connection lost') ? true : undefined));
      await happen();
      line.mend();
      await until('what happened meanwhile', () => (forwarded() === 2 * round - 1 ? true : undefined));
      await happen();
      await until('what happened after', () => (forwarded() === 2 * round ? true : undefined));
    }
    listening.child.kill('SIGINT');
    await listening.ended;
    line.end();
    const ids = received.map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(6);
  });

  it('does not begin where the key may not see events', async () => {
    const made = await call<{ key: string }>(system, '/v1/api-keys', {
      key: workspace.apiKey,
      body: { name: 'reader', scopes: ['codes:read'] },
    });
    expect((await start(['webhooks', 'listen', '-f', '9'], made.body.key).ended).code).toBe(3);
    expect((await otpost('webhooks', 'listen', '-f', '9', '--secret', 'whsec_short')).code).toBe(2);
  });
});

describe('otpost mcp', () => {
  it('serves the tools of the gateway over standard input and output', async () => {
    await credential('erin', 'mcp-stdio.example', { tfa_secret: secret });
    const client = new Client({ name: 'a host', version: '1' });
    const server = { command: process.execPath, args: [program, 'mcp'], env: environment() };
    await client.connect(new StdioClientTransport(server));
    try {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain('get_code');
      const from = Date.now();
      const pair = { permissioned_user_id: 'erin', domain: 'mcp-stdio.example' };
      const { content } = await client.callTool({ name: 'get_code', arguments: pair });
      const [{ text } = { text: '' }] = content as { text: string }[];
      expect(totpBetween({ secret }, from, Date.now())).toContain((JSON.parse(text) as { code: string }).code);
    } finally {
      await client.close();
    }
  });

  it('answers with an error what it cannot pass on, and ends with its input', async () => {
    const { child, ended } = start(['mcp'], 'otp_live_nobody_nothing');
    const clientInfo = { name: 'a host', version: '1' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    child.stdin?.end(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      id: 1,
      error: { message: expect.stringMatching(/\(request [\w-]+\)/) },
    });
  });
});

describe('otpost mcp, told to end', () => {
  it('ends at once, though an agent is still waiting for a code', async () => {
    await credential('erin', 'mcp-waits.example', { tfa_method: 'EMAIL' });
    const { child, ended } = start(['mcp']);
    const say = (message: object) => child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    const login = { permissioned_user_id: 'erin', domain: 'mcp-waits.example', session_id: 'run-mcp' };
    say({ id: 1, method: 'tools/call', params: { name: 'wait_for_code', arguments: login } });
    await until('the challenge', () => challenge('run-mcp', 'pending'));
    const toldAt = Date.now();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(Date.now() - toldAt).toBeLessThan(20_000);
  });
});

describe('otpost', () => {
  it('never quotes a key, not even one that no header can hold', async () => {
    const { code, stdout, stderr } = await start(['credentials'], 'otp_live_abc\nnot-a-key').ended;
    expect({ code, stdout, stderr }).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: 'otpost: the API key has characters that no key has\n',
    });
  });

  it('knows what it does not know', async () => {
    expect(await otpost('cods')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining("unknown command 'cods'"),
    });
    expect(await otpost('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Exit codes:'),
      stderr: '',
    });
    expect(await otpost('completion', 'bash')).toMatchObject({ code: 0, stdout: expect.stringContaining('complete') });
    expect((await otpost('completion', 'tcsh')).code).toBe(2);
  });
});
