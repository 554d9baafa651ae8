// @ts-check
/**
 * `./otpost bench inbound`: from the Twilio request, and from the end of a mail's DATA, to the code that GET /vault/tfa-code answers, at 50
 * messages a second; and how many SMS a second can be sent for as long as one likes: until the last of them is a code. Beside each the
 * floor, measured in the same run: bare node:http, or bare smtp-server, with one insert.
 */
import { fork } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { URLSearchParams } from 'node:url';
import pg from 'pg';
import twilio from 'twilio';
import { SmtpSession } from './smtp-session.mjs';

const system = JSON.parse(process.env.OTPOST_BENCH_SYSTEM ?? 'null');
if (system === null) throw new Error('run it as ./otpost bench inbound');

const perSecond = Number(process.env.OTPOST_BENCH_RATE ?? 50);
const seconds = Number(process.env.OTPOST_BENCH_SECONDS ?? 20);
const senders = 32;
/** So many that each has seconds between two messages: the newest code wins, and one that came late would never be seen. */
const credentialCount = 256;
/** One address may have 100 connections. */
const mostSessions = 80;
/** Between two looks for a code. */
const lookMs = 4;
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const database = new pg.Client({ connectionString: system.database_url });
await database.connect();

/** @type {Record<string, string>} */
let headers = { authorization: `Bearer ${system.demo.api_key}`, 'content-type': 'application/json' };
const scopes = ['codes:read', 'vault:read', 'vault:write'];
const { key } = await api('POST', '/v1/api-keys', { name: 'bench', scopes, rate_limit_per_second: 1_000_000 });
headers = { ...headers, authorization: `Bearer ${key}` };
/** @type {{ texted: string, number: string, mailed: string, address: string }[]} */
const credentials = [];
const run = randomInt(1_000, 10_000);
let nextCode = randomInt(10_000_000, 90_000_000);
for (let index = 0; index < credentialCount; index += 16)
  credentials.push(...(await Promise.all(Array.from({ length: 16 }, (_, more) => makeCredentials(index + more)))));

const floor = fork(new URL('./inbound-floor.mjs', import.meta.url), {
  env: { ...process.env, FLOOR_DATABASE_URL: system.database_url },
});
const [floorPorts] = await once(floor, 'message');
const floorUrl = `http://127.0.0.1:${floorPorts.http}/`;
const smtpPort = Number(new URL(system.smtp_url).port);

/** @type {{ name: string, identity: { pid: number } | null }[]} */
const processes = JSON.parse(readFileSync(join(system.home, 'run.json'), 'utf8')).processes;

await atRate(2, sms(system.hooks.twilio_sms), true); // warm
await atRate(2, mail(smtpPort), true);
console.log(`${perSecond} messages/s for ${seconds} s           p50 ms   p99 ms   max ms`);
report('floor: POST to 200', (await atRate(seconds, sms(floorUrl), false)).taken);
const texted = await atRate(seconds, sms(system.hooks.twilio_sms), true);
report('SMS: POST to 200', texted.taken);
report('SMS: POST to code', texted.read);
report('floor: end of DATA to 250', (await atRate(seconds, mail(floorPorts.smtp), false)).taken);
const mailed = await atRate(seconds, mail(smtpPort), true);
report('mail: end of DATA to 250', mailed.taken);
report('mail: end of DATA to code', mailed.read);

console.log(`\n${senders} senders, ${seconds} s              per s   CPU ms each`);
await sustain(floorUrl, false); // warm
reportRate('floor: stored', await sustain(floorUrl, false));
reportRate('SMS: stored and a code', await sustain(system.hooks.twilio_sms, true));

floor.disconnect();
await database.end();
agent.destroy();

/**
 * A message to a credential. `begin` is what is not timed; the `send` that it gives resolves when the message was taken.
 * @typedef {{ domainOf: (credential: typeof credentials[number]) => string,
 *   begin: (credential: typeof credentials[number], code: string) => Promise<() => Promise<unknown>> }} Way
 */

/** @param {string} url @returns {Way} */
function sms(url) {
  return {
    domainOf: ({ texted }) => texted,
    begin: async ({ number }, code) => {
      const post = smsRequest(url, number, code);
      return () => send('POST', url, post);
    },
  };
}

/** @param {number} port @returns {Way} */
function mail(port) {
  /** @type {SmtpSession[]} */
  const idle = [];
  let sessions = 0;
  return {
    domainOf: ({ mailed }) => mailed,
    begin: async ({ address }, code) => {
      let session = idle.pop();
      // Where the machine is too slow for the rate, a mail waits for a session, as it would at its sender.
      for (; session === undefined && sessions >= mostSessions; session = idle.pop()) await pause(1);
      if (session === undefined) {
        sessions += 1;
        session = new SmtpSession(port);
        await session.greet();
      }
      await session.begin(address, mailText(address, code));
      const ready = session;
      return async () => {
        await ready.end();
        idle.push(ready);
      };
    },
  };
}

/**
 * Sends at an even rate, whatever becomes of what was sent before. Times are in milliseconds.
 * @param {number} durationSeconds @param {Way} way @param {boolean} awaitsCode
 */
async function atRate(durationSeconds, { begin, domainOf }, awaitsCode) {
  /** @type {number[]} */
  const taken = [];
  /** @type {number[]} */
  const read = [];
  const one = async (/** @type {number} */ index) => {
    const credential = credentials[index % credentials.length];
    if (credential === undefined) throw new Error('no credentials');
    // In order, so that a code tells whether it came after another.
    const code = String(nextCode++);
    const go = await begin(credential, code);
    const sentAt = performance.now();
    await go();
    taken.push(performance.now() - sentAt);
    if (!awaitsCode) return;
    const path = `/vault/tfa-code?permissioned_user_id=bench&domain=${domainOf(credential)}`;
    // A later one means that this one was there, and was looked for too late: the newest wins.
    while (!(Number((await api('GET', path, undefined, [200, 404])).code) >= Number(code))) {
      if (performance.now() - sentAt > 30_000) throw new Error('a code did not come within 30 s');
      await pause(lookMs);
    }
    read.push(performance.now() - sentAt);
  };
  const all = [];
  const startedAt = performance.now();
  for (let index = 0; index < durationSeconds * perSecond; index += 1) {
    const dueMs = startedAt + (index * 1_000) / perSecond - performance.now();
    if (dueMs > 0) await pause(dueMs);
    all.push(one(index));
  }
  await Promise.all(all);
  return { taken, read };
}

/**
 * Each sender sends its next when the one before was taken. The time ends when the last is a code.
 * @param {string} url @param {boolean} awaitsCodes
 */
async function sustain(url, awaitsCodes) {
  const before = cpuSeconds();
  const since = new Date();
  const startedAt = performance.now();
  const end = startedAt + seconds * 1_000;
  let sent = 0;
  const sender = async () => {
    while (performance.now() < end) {
      const credential = credentials[sent++ % credentials.length];
      const code = String(randomInt(10_000_000, 100_000_000));
      await send('POST', url, smsRequest(url, credential?.number ?? '', code));
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  while (awaitsCodes && (await codesSince(since)) < sent) await pause(50);
  const elapsed = (performance.now() - startedAt) / 1_000;
  const spent = cpuSeconds().map(([name, total], index) => [
    name,
    (1_000 * (total - (before[index]?.[1] ?? 0))) / sent,
  ]);
  return { rate: sent / elapsed, cpuMs: /** @type {[string, number][]} */ (spent) };
}

/** @param {Date} since */
async function codesSince(since) {
  const { rows } = await database.query(
    `SELECT count(*)::int AS count FROM inbound_message WHERE received_at >= $1 AND state = 'deposited'`,
    [since],
  );
  return rows[0].count;
}

/** @param {number} index */
async function makeCredentials(index) {
  const make = async (/** @type {string} */ domain, /** @type {string} */ tfa_method) =>
    api('POST', '/vault', { permissioned_user_id: 'bench', domain, tfa_method });
  const [texted, mailed] = [`sms-${run}-${index}.example`, `mail-${run}-${index}.example`];
  const { id: credential_id } = await make(texted, 'SMS');
  const number = `+1312${run}${String(index).padStart(3, '0')}`;
  const made = await api('POST', '/v1/phone-numbers', { e164: number, mode: 'dedicated', credential_id });
  // With --here there may be other workspaces.
  const rootKey = { ...headers, authorization: `Bearer ${system.root_key}` };
  await send('POST', `${system.gateway_url}/v1/phone-numbers/${made.id}/approve`, {
    headers: rootKey,
    body: undefined,
  });
  const { tfa_email: address } = await make(mailed, 'EMAIL');
  return { texted, number, mailed, address };
}

/** As Twilio posts it. @param {string} url @param {string} to @param {string} code */
function smsRequest(url, to, code) {
  const sid = `SM${randomBytes(16).toString('hex')}`;
  const parameters = {
    ...{
      MessageSid: sid,
      SmsSid: sid,
      SmsMessageSid: sid,
      AccountSid: `AC${'0'.repeat(32)}`,
      ApiVersion: '2010-04-01',
    },
    ...{
      ToCountry: 'US',
      ToState: 'IL',
      FromCountry: 'US',
      From: '+13125550142',
      To: to,
      NumMedia: '0',
      NumSegments: '1',
    },
    ...{ SmsStatus: 'received', Body: `Your verification code is ${code}. It expires in 10 minutes. Do not share it.` },
  };
  const signature = twilio.getExpectedTwilioSignature(system.hooks.twilio_auth_token, url, parameters);
  return {
    headers: { 'x-twilio-signature': signature, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(parameters).toString(),
  };
}

/** About 3 kB, as a service sends it: text and HTML. @param {string} to @param {string} code */
function mailText(to, code) {
  const styled =
    '<p style="margin:0;font:16px/24px Helvetica,Arial,sans-serif;color:#333">Thank you for being with us.</p>\r\n';
  return (
    `From: Bench <login@bench.example>\r\nTo: <${to}>\r\nMessage-ID: <${randomBytes(12).toString('hex')}@bench.example>\r\n` +
    `Date: ${new Date().toUTCString()}\r\nSubject: Your sign-in code\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n` +
    `--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour verification code is ${code}. It expires in 10 minutes.\r\n\r\n` +
    `--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Your verification code is <b>${code}</b>.</p>\r\n` +
    `${styled.repeat(20)}</body></html>\r\n--b--\r\n`
  );
}

/** CPU time of each process of the system, with its children. @returns {[string, number][]} */
function cpuSeconds() {
  return processes.map(({ name, identity }) => {
    let ticks = 0;
    for (const pid of identity === null ? [] : withChildren(identity.pid)) {
      try {
        const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ');
        // Its own, user and kernel; and of PostgreSQL's processes that have ended.
        for (const field of fields.slice(11, 15)) ticks += Number(field);
      } catch {
        return [name, NaN]; // not Linux
      }
    }
    return [name, ticks / 100];
  });
}

/** PostgreSQL has a process for each connection. @param {number} pid @returns {number[]} */
function withChildren(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return [pid, ...children.map(Number)];
  } catch {
    return [pid];
  }
}

/** @param {string} name @param {number[]} times */
function report(name, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1).padStart(9);
  console.log(`${name.padEnd(32)}${at(0.5)}${at(0.99)}${at(1)}`);
}

/** @param {string} name @param {{ rate: number, cpuMs: [string, number][] }} result */
function reportRate(name, { rate, cpuMs }) {
  const all = cpuMs.reduce((sum, [, each]) => sum + each, 0);
  const parts = cpuMs.filter(([, each]) => each >= 0.05).map(([process, each]) => `${process} ${each.toFixed(1)}`);
  console.log(`${name.padEnd(32)}${rate.toFixed(0).padStart(6)}${all.toFixed(1).padStart(14)}  (${parts.join(', ')})`);
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {string} method @param {string} path @param {unknown} [body] @param {number[]} [accepted] @returns {Promise<any>} */
async function api(method, path, body, accepted) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return JSON.parse(await send(method, system.gateway_url + path, { headers, body: text }, accepted));
}

/**
 * @param {string} method @param {string} url
 * @param {{ headers: Record<string, string>, body: string | undefined }} payload @param {number[]} [accepted]
 * @returns {Promise<string>}
 */
function send(method, url, { headers, body }, accepted = [200, 201]) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        if (accepted.includes(response.statusCode ?? 0)) resolve(text);
        else reject(new Error(`${method} ${url}: ${response.statusCode} ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
