import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SeededWorkspace } from '@otpost/database/testing';
import { until } from '@otpost/messaging/testing';
import { sendMail, typeSmtp } from '../testing/smtp-client.js';
import { givenInbox } from '../testing/targets.js';
import { inboxDomain, TestIngestor } from '../testing/test-ingestor.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const dkim = {
  domainName: 'github.example',
  keySelector: 'spec',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const records: Record<string, string[][]> = {
  'TXT spec._domainkey.github.example': [
    [`v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`],
  ],
  'TXT _dmarc.github.example': [['v=DMARC1; p=reject']],
  'TXT github.example': [['v=spf1 ip4:192.0.2.1 -all']],
  'TXT sender.example': [['v=spf1 ip4:127.0.0.0/8 -all']],
};

function hasSwaks(): boolean {
  try {
    execFileSync('swaks', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('SMTP', () => {
  let ingestor: TestIngestor;
  let workspace: SeededWorkspace;
  let inbox: Awaited<ReturnType<typeof givenInbox>>;
  const asked: string[] = [];

  beforeAll(async () => {
    ingestor = await TestIngestor.start({
      dns: (name, type) => {
        asked.push(`${type} ${name}`);
        const answer = records[`${type} ${name}`];
        if (answer === undefined) return Promise.reject(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));
        return Promise.resolve(answer);
      },
    });
  });

  afterAll(async () => {
    await ingestor.stop();
  });

  beforeEach(async () => {
    workspace = await ingestor.workspace();
    inbox = await givenInbox(ingestor.owner, workspace, { domain: 'github.example' });
  });

  const messages = () => ingestor.messages(workspace.workspaceId);
  const mail = (to: string | string[] = inbox.address) => ({
    from: 'GitHub <noreply@github.example>',
    to,
    subject: 'Your code',
    text: 'Your GitHub code is 482913',
    html: '<p>Your GitHub code is <b>482913</b></p>',
  });

  it('stores a mail sent with STARTTLS, and says 250 when it has', async () => {
    const { response } = await sendMail(ingestor.smtpPort, mail());
    expect(response).toMatch(/^250 /);
    const [stored] = await messages();
    expect(stored?.row).toMatchObject({
      channel: 'email',
      source: 'smtp',
      inboxId: inbox.inboxId,
      credentialId: inbox.credentialId,
      sender: 'noreply@github.example',
      state: 'received',
    });
    expect(stored?.content).toMatchObject({ subject: 'Your code', from: 'GitHub <noreply@github.example>' });
    expect(stored?.extraction.code).toBe('482913');
  });

  it('keeps the plus-tag, and minds no case', async () => {
    const address = `${inbox.localPart.toUpperCase()}+GitHub@${inboxDomain.toUpperCase()}`;
    await typeSmtp(ingestor.smtpPort, [
      ...['EHLO x.example', 'MAIL FROM:<a@sender.example>', `RCPT TO:<${address}>`],
      ...['DATA', 'Subject: x\r\n\r\nyour code is 482913\r\n.', 'QUIT'],
    ]);
    expect((await messages())[0]?.row.recipient).toBe(address);
  });

  it('refuses who is not here when they are named, and other domains always', async () => {
    const session = await typeSmtp(ingestor.smtpPort, [
      'EHLO mx.sender.example',
      'MAIL FROM:<a@sender.example>',
      `RCPT TO:<nobody@${inboxDomain}>`,
      `RCPT TO:<${inbox.localPart}@elsewhere.example>`,
      `RCPT TO:<${inbox.address}>`,
      'DATA',
      'Subject: x\r\n\r\nyour code is 482913\r\n.',
      'QUIT',
    ]);
    expect(session.map((reply) => reply.slice(0, 3))).toEqual([
      '220',
      '250',
      '250',
      '550',
      '550',
      '250',
      '354',
      '250',
      '221',
    ]);
    expect(await messages()).toHaveLength(1);
  });

  it('hangs up on who guesses addresses', async () => {
    const guesses = Array.from({ length: 12 }, (_, index) => `RCPT TO:<guess${index}@${inboxDomain}>`);
    const session = await typeSmtp(ingestor.smtpPort, ['EHLO x.example', 'MAIL FROM:<>', ...guesses, 'QUIT']);
    expect(session.at(-1)).toMatch(/^421 /);
  });

  it('stores one row for each inbox of a mail, in one transaction', async () => {
    const other = await givenInbox(ingestor.owner, workspace, { domain: 'gitlab.example' });
    const elsewhere = await ingestor.workspace();
    const third = await givenInbox(ingestor.owner, elsewhere);
    await sendMail(ingestor.smtpPort, mail([inbox.address, other.address, third.address]));
    expect((await messages()).map(({ row }) => row.inboxId).sort()).toEqual([inbox.inboxId, other.inboxId].sort());
    expect((await ingestor.messages(elsewhere.workspaceId)).map(({ row }) => row.inboxId)).toEqual([third.inboxId]);
  });

  it('takes bounces, with no sender', async () => {
    const session = await typeSmtp(ingestor.smtpPort, [
      'HELO x.example',
      'MAIL FROM:<>',
      `RCPT TO:<${inbox.address}>`,
      'DATA',
      '.',
      'QUIT',
    ]);
    expect(session.map((reply) => reply.slice(0, 3))).toEqual(['220', '250', '250', '250', '354', '250', '221']);
    expect((await messages())[0]?.row.sender).toBeNull();
  });

  it('offers STARTTLS and no login', async () => {
    const offers = (await typeSmtp(ingestor.smtpPort, ['EHLO mx.sender.example', 'QUIT'])).join();
    expect(offers).toMatch(/STARTTLS/);
    expect(offers).toMatch(/SIZE 30000000/);
    expect(offers).not.toMatch(/AUTH/);
  });

  it('answers what is too large with 552 and what is too complex with 554, and goes on', async () => {
    const large = sendMail(ingestor.smtpPort, { ...mail(), text: 'x'.repeat(31_000_000) });
    await expect(large).rejects.toMatchObject({ responseCode: 552 });
    const parts = `--b\r\n\r\nx\r\n`.repeat(100_000);
    const raw = `To: ${inbox.address}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`;
    const envelope = { from: 'a@sender.example', to: inbox.address };
    await expect(sendMail(ingestor.smtpPort, { envelope, raw })).rejects.toMatchObject({ responseCode: 554 });
    const klingon = 'Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nyour code is 482913 \xff\r\n';
    await sendMail(ingestor.smtpPort, { envelope, raw: Buffer.from(klingon, 'latin1') });
    expect((await messages()).map(({ extraction }) => extraction.code)).toEqual(['482913']);
  });

  it('takes a mail that comes again for one', async () => {
    const raw = `Message-ID: <1@x>\r\nSubject: x\r\n\r\nyour code is 482913\r\n`;
    const envelope = { from: 'a@sender.example', to: inbox.address };
    await sendMail(ingestor.smtpPort, { envelope, raw });
    await sendMail(ingestor.smtpPort, { envelope, raw: `Received: by another.example\r\n${raw}` });
    expect(await messages()).toHaveLength(1);
  });

  (hasSwaks() ? it : it.skip)('takes mail from swaks, with STARTTLS', async () => {
    const { stdout } = await promisify(execFile)('swaks', [
      ...['--server', '127.0.0.1', '--port', String(ingestor.smtpPort), '--tls', '--to', inbox.address],
      ...[
        '--from',
        'a@sender.example',
        '--ehlo',
        'mx.sender.example',
        '--h-Subject',
        'Your code',
        '--body',
        'Code: 482913',
      ],
    ]);
    expect(stdout).toContain('TLS started');
    expect((await messages())[0]?.extraction.code).toBe('482913');
  });

  describe('and its sender', () => {
    const results = async () => (await messages())[0]?.row.authResults;

    it('verifies DKIM with the key in the DNS, and keeps the results', async () => {
      await sendMail(ingestor.smtpPort, { ...mail(), dkim });
      await until('it is verified', async () => (await results()) !== null);
      expect(await results()).toEqual({
        checked_by: 'otpost',
        spf: { result: 'fail', domain: 'github.example' },
        dkim: [{ result: 'pass', domain: 'github.example', selector: 'spec' }],
        dmarc: { result: 'pass', domain: 'github.example', policy: 'reject' },
        authenticated_domain: 'github.example',
      });
      expect(asked).toContain('TXT spec._domainkey.github.example');
    });

    it('verifies SPF with the address that connected', async () => {
      const envelope = { from: 'bounce@sender.example', to: inbox.address };
      await sendMail(ingestor.smtpPort, { ...mail(), from: 'x@mail.sender.example', envelope });
      await until('it is verified', async () => (await results()) !== null);
      expect(await results()).toMatchObject({
        spf: { result: 'pass', domain: 'sender.example' },
        dmarc: { result: 'none' },
        authenticated_domain: 'mail.sender.example',
      });
    });

    it('accepts the code of a credential that requires authentication from a proven sender only', async () => {
      const strict = await givenInbox(ingestor.owner, workspace, { domain: 'strict.example', requireAuth: true });
      await sendMail(ingestor.smtpPort, { ...mail(strict.address), dkim });
      await sendMail(ingestor.smtpPort, mail(strict.address));
      expect((await messages()).map(({ row }) => [row.state, row.stateReason])).toEqual([
        ['received', null],
        ['refused', 'sender_not_authenticated'],
      ]);
      expect((await messages()).every(({ row }) => row.authResults !== null)).toBe(true);
    });

    it('accepts mail from the expected domains, unless a check says it is forged', async () => {
      const strict = await givenInbox(ingestor.owner, workspace, {
        domain: 'strict.example',
        allowedSenderDomains: ['github.example', 'unsigned.example'],
      });
      await sendMail(ingestor.smtpPort, { ...mail(strict.address), dkim });
      await sendMail(ingestor.smtpPort, { ...mail(strict.address), from: 'a@mail.unsigned.example' });
      await sendMail(ingestor.smtpPort, { ...mail(strict.address), from: 'a@other.example' });
      await sendMail(ingestor.smtpPort, mail(strict.address));
      expect((await messages()).map(({ row }) => [row.state, row.stateReason])).toEqual([
        ['received', null],
        ['received', null],
        ['refused', 'sender_domain_not_allowed'],
        ['refused', 'sender_looks_forged'],
      ]);
    });
  });

  it('ends idle sessions when it stops, after the mail in hand', async () => {
    const port = ingestor.smtpPort;
    const idle = typeSmtp(port, ['EHLO x.example']);
    const slow = sendMail(port, { ...mail(), text: 'Your GitHub code is 482913\n' + 'lorem ipsum '.repeat(50_000) });
    await until('the mail has begun', () => ingestor.smtpTransactions() > 0);
    const startedAt = performance.now();
    await ingestor.down();
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect((await slow).response).toMatch(/^250 /);
    expect((await idle).at(-1)).toMatch(/^421 /);
    await ingestor.up();
    expect(await messages()).toHaveLength(1);
  });
});
