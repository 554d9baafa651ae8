import { afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rememberSecret } from './canary.js';
import { testFolder } from './system.js';

const otpost = fileURLToPath(new URL('../otpost', import.meta.url));
/** With a space, as folders have them. */
const home = join(testFolder(), 'own command');
const freePorts = { OTPOST_GATEWAY_PORT: '0', OTPOST_INGEST_PORT: '0', OTPOST_SMTP_PORT: '0' };

interface Status {
  ready: boolean;
  gateway_url: string;
  ingest_url: string;
  smtp_url: string;
  root_key: string;
  demo: { api_key: string; workspace_id: string; client_encryption_key: string };
  services: { name: string; replica: string; pid: number; port: number; ready: boolean }[];
}

afterAll(() => run(['down']));

// One story, in order: each test goes on where the one before ended.
describe('./otpost', () => {
  it('starts everything in the background and returns when it is ready', async () => {
    const { code, stdout } = await run(['up', '--detach'], { OTPOST_DISPATCHER_REPLICAS: '2' });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('otpost is ready') });
  }, 120_000);

  it('tells by status --json where everything is', async () => {
    const status = await readStatus();
    expect(status).toEqual({
      ready: true,
      gateway_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      ingest_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      smtp_url: expect.stringMatching(/^smtp:\/\/127\.0\.0\.1:\d+$/),
      root_key: expect.stringMatching(/^otp_root_[\w-]{43}$/),
      demo: {
        api_key: expect.stringMatching(/^otp_/),
        workspace_id: expect.any(String),
        client_encryption_key: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      hooks: {
        twilio_sms: `${status.ingest_url}/inbound/twilio/sms`,
        sendgrid_parse: expect.stringMatching(/\/inbound\/sendgrid\/parse\/[0-9a-f]{48}$/),
        mime: `${status.ingest_url}/inbound/email/mime`,
        mime_secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
        twilio_auth_token: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      services: expect.any(Array),
    });
    expect(status.services.map(({ name }) => name).sort()).toEqual([
      'dispatcher',
      'dispatcher',
      'gateway',
      'ingestor',
      'vault',
    ]);
    expect(status.services.every(({ ready, pid, port }) => ready && pid > 0 && port > 0)).toBe(true);
    for (const [what, value] of Object.entries({ ...status.demo, root_key: status.root_key })) {
      if (what !== 'workspace_id') rememberSecret(`command: ${what}`, value);
    }
  });

  it('prints three curl lines that work when pasted, two of which give the same current code', async () => {
    const { code, stdout } = await run(['up']); // it runs already: shows how to use it
    const lines = stdout.split('\n').filter((line) => /^ {2}curl (?!.*(sms|mail)\.demo)/.test(line));
    expect({ code, lines: lines.length }).toEqual({ code: 0, lines: 3 });
    const answers = await Promise.all(lines.map(paste));
    const [sendblue, cloudcruise, stored] = answers.map((answer) => JSON.parse(answer) as Record<string, unknown>);
    expect(sendblue).toEqual({
      status: 'OK',
      code: expect.stringMatching(/^\d{6}$/),
      expires_in: expect.any(Number),
    });
    expect(cloudcruise).toMatchObject({ type: 'authenticator', code: expect.stringMatching(/^\d{6}$/) });
    expect(stored).toMatchObject({ status: 'OK', totp_secret: { secret: 'JBSWY3DPEHPK3PXP' } });
  });

  it.each(['sms', 'mail'])(
    'prints a line that sends a test %s, and one that reads its code, both to paste',
    async (kind) => {
      const { stdout } = await run(['up']);
      expect(stdout).toContain(`OTPOST_HOME='${home}' ./otpost send ${kind}\n`);
      const text = 'Your verification code is 59203817.';
      rememberSecret('command: text of a message', text);
      expect(await run(['send', kind, text])).toMatchObject({ code: 0, stdout: expect.stringContaining(text) });
      const line = stdout.split('\n').find((candidate) => candidate.includes(`domain=${kind}.demo.example`)) ?? '';
      let answer: Record<string, unknown> = {};
      await until(async () => {
        answer = JSON.parse(await paste(line)) as Record<string, unknown>;
        return answer['code'] !== 'no_fresh_code';
      });
      expect(answer).toMatchObject({ type: kind === 'sms' ? 'sms' : 'email', code: '59203817' });
    },
  );

  it('prints a code by itself with the running system, and takes the demo key to no other', async () => {
    const { code, stdout } = await run(['code', 'demo.example']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d{6}\n$/) });
    const elsewhere = await run(['code', 'demo.example', '--url', 'http://127.0.0.1:9']);
    expect(elsewhere).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('OTPOST_API_KEY') });
  });

  it('keeps its keys to its owner', () => {
    const secrets = readdirSync(home).filter((name) => /key|passwords|demo|run|lock|secret|token/.test(name));
    expect(secrets).toEqual(
      expect.arrayContaining(['demo.json', 'hook.key', 'keyring.json', 'passwords.json', 'root.key', 'transport.key']),
    );
    expect(secrets.filter((name) => (statSync(join(home, name)).mode & 0o077) !== 0)).toEqual([]);
  });

  it('starts a killed service again, and says so', async () => {
    const before = await serviceOf('vault');
    process.kill(before.pid, 'SIGKILL');
    await until(async () => {
      const now = await serviceOf('vault');
      return now.ready && now.pid !== before.pid;
    });
    expect(readFileSync(join(home, 'logs', 'otpost.log'), 'utf8')).toContain(
      'vault ended by itself (killed by SIGKILL)',
    );
  });

  it('names a taken port and its variable before it starts anything', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const other = join(testFolder(), 'own other');
    const { code, stderr } = await run(['up'], { OTPOST_HOME: other, OTPOST_GATEWAY_PORT: String(port) });
    server.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`^otpost: port ${port} is taken .*OTPOST_GATEWAY_PORT.*\n$`)),
    });
    expect(existsSync(join(other, 'data'))).toBe(false);
  });

  it('finds what a killed supervisor left running, and ends it', async () => {
    const { services } = await readStatus();
    const { supervisor } = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as { supervisor: { pid: number } };
    process.kill(supervisor.pid, 'SIGKILL');
    const { code, stdout } = await run(['down']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('left running') });
    expect(services.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('keeps the data over a restart', async () => {
    const { code, stdout } = await run(['up', '--detach']);
    expect(code).toBe(0);
    const line = stdout.split('\n').find((candidate) => candidate.includes('/api/v2/totp/code/')) ?? '';
    expect(JSON.parse(await paste(line))).toMatchObject({ status: 'OK' });
  }, 60_000);

  it('stops everything, and has nothing to stop the second time', async () => {
    const { services } = await readStatus();
    expect(await run(['down'])).toMatchObject({ code: 0, stdout: expect.stringContaining('stopped') });
    expect(services.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(await run(['down'])).toMatchObject({ code: 0, stdout: 'otpost: nothing is running.\n' });
    expect((await readStatus()).ready).toBe(false);
  });

  it('deletes data and keys only when told twice', async () => {
    expect(await run(['reset'])).toMatchObject({ code: 1 });
    expect(existsSync(join(home, 'keyring.json'))).toBe(true);
    expect(await run(['reset', '--yes'])).toMatchObject({ code: 0 });
    expect(existsSync(home)).toBe(false);
  });
});

function run(args: string[], environment: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    // eslint-disable-next-line no-restricted-properties -- the command needs PATH
    const env = { ...process.env, OTPOST_HOME: home, ...freePorts, ...environment };
    const child = execFile(otpost, args, { env, maxBuffer: 10_000_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

function paste(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', line], (error, stdout) => (error ? reject(new Error(error.message)) : resolve(stdout)));
  });
}

async function readStatus(): Promise<Status> {
  const { code, stdout } = await run(['status', '--json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Status;
}

async function serviceOf(name: string) {
  const found = (await readStatus()).services.find((service) => service.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited 20 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}
