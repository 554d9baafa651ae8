import { connect } from 'node:net';
import nodemailer from 'nodemailer';
import type { SentMessageInfo } from 'nodemailer/lib/smtp-transport/index.js';

export type MailOptions = Parameters<ReturnType<typeof nodemailer.createTransport>['sendMail']>[0];

/** Sends one mail through a real SMTP session; uses STARTTLS when it is offered, as mail servers do. */
export async function sendMail(port: number, mail: MailOptions): Promise<SentMessageInfo> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    name: 'mx.sender.example',
    tls: { rejectUnauthorized: false },
  });
  try {
    return await transport.sendMail(mail);
  } finally {
    transport.close();
  }
}

/** The replies to a session typed by hand, each with all of its lines. The last line is QUIT, or the server's to end it. */
export function typeSmtp(port: number, lines: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const replies: string[] = [];
    const waiting = [...lines];
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    const reply: string[] = [];
    let buffered = '';
    socket.on('data', (text: string) => {
      buffered += text;
      const complete = buffered.split('\r\n');
      buffered = complete.pop() ?? '';
      for (const line of complete) {
        reply.push(line);
        if (line[3] === '-') continue;
        replies.push(reply.splice(0).join('\n'));
        const next = waiting.shift();
        if (next !== undefined) socket.write(`${next}\r\n`);
      }
    });
    socket.on('close', () => resolve(replies));
    socket.on('error', reject);
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no reply after ${replies.at(-1)}`)));
  });
}
