import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@otpost/contracts';
import { until } from '@otpost/messaging/testing';
import { createLogger } from '@otpost/platform';
import { Journal } from '../journal.js';
import type { MailReceiver } from '../mail/mail-receiver.js';
import { MemoryBudget } from '../memory-budget.js';
import { sendMail, typeSmtp } from '../testing/smtp-client.js';
import type { Parser } from '../workers/parser.js';
import { selfSignedCertificate } from './self-signed-certificate.js';
import { SmtpListener, type SmtpListenerOptions } from './smtp-listener.js';

const mail = { from: 'a@sender.example', to: 'x@inbox.example', text: 'hello' };

describe('SmtpListener', () => {
  const listeners: SmtpListener[] = [];
  let parse: (raw: Uint8Array) => Promise<unknown> = () => Promise.resolve({});
  const received: Uint8Array[] = [];
  let budget = new MemoryBudget(1_000_000);

  const listen = async (options: Partial<SmtpListenerOptions> = {}) => {
    const logger = createLogger({ service: 'ingestor', replica: 'spec', level: 'silent' });
    const listener = new SmtpListener(
      {
        ...{ host: '127.0.0.1', port: 0, inboxDomain: 'inbox.example', maxBytes: 100_000, requireTls: false },
        ...{
          tlsFiles: undefined,
          trustedProxies: undefined,
          connections: 50,
          connectionsPerIp: 10,
          mailsPerMinute: 600,
        },
        stopMs: 1_000,
        ...options,
      },
      {
        logger,
        budget,
        journal: new Journal(logger),
        parser: { parseMail: (raw: Uint8Array) => parse(raw) } as unknown as Parser,
        receiver: {
          findRecipients: ([address]: string[]) =>
            Promise.resolve(address?.endsWith('@inbox.example') === true ? [{ inboxId: address, address }] : []),
          receive: ({ raw }: { raw: Uint8Array }) => {
            received.push(raw);
            return Promise.resolve({ stored: [], verdicts: [], settled: Promise.resolve() });
          },
        } as unknown as MailReceiver,
      },
    );
    listeners.push(listener);
    await listener.start();
    return listener.port;
  };

  afterEach(async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()));
    parse = () => Promise.resolve({});
    received.length = 0;
    budget = new MemoryBudget(1_000_000);
  });

  it('hands over the bytes of a mail as they were before SMTP', async () => {
    const port = await listen();
    const text = '..a line with a dot\r\nand \xff a byte\r\n'.repeat(10);
    await sendMail(port, { envelope: mail, raw: Buffer.from(`Subject: x\r\n\r\n${text}`, 'latin1') });
    expect(Buffer.from(received[0] ?? []).toString('latin1')).toBe(`Subject: x\r\n\r\n${text}`);
  });

  it('asks for STARTTLS where that is required', async () => {
    const port = await listen({ requireTls: true });
    const plain = await typeSmtp(port, ['EHLO x.example', 'MAIL FROM:<a@sender.example>', 'QUIT']);
    expect(plain[2]).toMatch(/^530 /);
    await sendMail(port, mail);
    expect(received).toHaveLength(1);
  });

  it('shows the configured certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'otpost-tls-'));
    const own = selfSignedCertificate('mx.inbox.example');
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    writeFileSync(files.cert, own.cert);
    writeFileSync(files.key, own.key);
    const port = await listen({ tlsFiles: files });
    const subject = await new Promise((resolve, reject) => {
      const socket = connectTcp(port, '127.0.0.1').on('error', reject);
      const lines = ['EHLO x.example\r\n', 'STARTTLS\r\n'];
      socket.on('data', (text) => {
        const next = lines.shift();
        if (next !== undefined) return void socket.write(next);
        if (!text.toString().startsWith('220')) return;
        socket.removeAllListeners('data');
        const secure = connectTls({ socket, ca: own.cert, servername: 'mx.inbox.example' }, () => {
          resolve(secure.getPeerCertificate().subject.CN);
          secure.end();
        });
        secure.on('error', reject);
      });
    });
    expect(subject).toBe('mx.inbox.example');
  });

  it('bounds the connections of one address', async () => {
    const port = await listen({ connectionsPerIp: 2 });
    const open = [connectTcp(port, '127.0.0.1'), connectTcp(port, '127.0.0.1')];
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
    expect((await typeSmtp(port, []))[0]).toMatch(/^421 /);
    for (const socket of open) socket.destroy();
    await until('there is room again', async () => /^220/.test((await typeSmtp(port, ['QUIT']))[0] ?? ''));
  });

  it('slows down who sends too much', async () => {
    const port = await listen({ mailsPerMinute: 12 });
    const session = await typeSmtp(port, [
      'EHLO x.example',
      ...Array.from({ length: 3 }, () => 'MAIL FROM:<a@b.example>\r\nRSET'),
      'QUIT',
    ]);
    expect(session.filter((reply) => reply.startsWith('451'))).toHaveLength(1);
  });

  it.each([
    ['validation_failed', 554],
    ['not_found', 550],
    ['overloaded', 451],
    ['unavailable', 451],
    ['internal', 451],
  ] as const)('answers %s with %d', async (code, responseCode) => {
    const port = await listen();
    parse = () => Promise.reject(new AppError(code, 'for the sender to read'));
    await expect(sendMail(port, mail)).rejects.toMatchObject({ responseCode });
  });

  it('asks to come back while there is no memory, and frees what a mail had', async () => {
    budget = new MemoryBudget(5_000);
    const port = await listen();
    await expect(sendMail(port, { ...mail, text: 'x '.repeat(5_000) })).rejects.toMatchObject({ responseCode: 451 });
    await sendMail(port, mail);
    expect(budget.used).toBe(0);
  });

  it('forgets a mail whose sender hangs up in the middle, or never comes to its end', async () => {
    const port = await listen({ textTimeoutMs: 300 });
    const begin = ['EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<x@inbox.example>', 'DATA'];
    const socket = connectTcp(port, '127.0.0.1');
    socket.write(`${begin.join('\r\n')}\r\n`);
    socket.on('data', (text) => {
      if (text.toString().includes('354')) socket.write('Subject: x\r\n\r\nhalf', () => socket.destroy());
    });
    const slow = typeSmtp(port, [...begin, 'Subject: x\r\n\r\nhalf']);
    expect((await slow).at(-1)).toMatch(/^421 /);
    await until('nothing is kept', () => budget.used === 0);
    expect(received).toHaveLength(0);
  });
});
