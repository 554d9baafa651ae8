// @ts-check
import { createHmac, randomUUID } from 'node:crypto';

/**
 * Posts mails that were made to cost as much as they can within the limit of bytes to the raw MIME hook, and prints `name status` for
 * each. A process of its own, so that what it costs to make and send them delays nothing that is measured. Arguments: URL, secret, inbox.
 */
const [url = '', secret = '', inbox = ''] = process.argv.slice(2);
const header = `From: a@b.example\r\nTo: ${inbox}\r\nSubject: x\r\n`;
const multipart = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';

/** @type {Record<string, () => string>} */
const mails = {
  'a line for each byte': () => `${header}${multipart}--b\r\n\r\n${'\n'.repeat(29_000_000)}`,
  '100,000 parts': () => header + multipart + '--b\r\n\r\nx\r\n'.repeat(100_000),
  'a thousand levels': () =>
    header +
    Array.from({ length: 1_000 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
      '',
    ),
  'flowed text': () => `${header}Content-Type: text/plain; format=flowed\r\n\r\n${'a \r\n'.repeat(7_000_000)}`,
  'a header without end': () => `${header}X: ${'y'.repeat(29_000_000)}`,
  'a hundred signatures': () =>
    `${'DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=s; h=from; bh=x; b=y\r\n'.repeat(100)}${header}\r\n${'x \r\n'.repeat(1_000_000)}`,
  'eight signatures over much': () =>
    `${Array.from({ length: 8 }, (_, i) => `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=b.example; s=s; l=${9_000_000 + i}; h=from; bh=x; b=y\r\n`).join('')}${header}\r\n${'x \t \r\n'.repeat(4_000_000)}`,
  'digits without end': () => `${header}\r\n${'code 123456 '.repeat(100_000)}`,
  'markup without end': () => `${header}Content-Type: text/html\r\n\r\n${'<div style="x">&#49;'.repeat(1_000_000)}`,
};

await Promise.all(
  Object.entries(mails).map(async ([name, make]) => {
    const mail = make();
    const id = randomUUID();
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(mail).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
    const { status } = await fetch(url, { method: 'POST', headers, body: mail });
    process.stdout.write(`${name}: ${status}\n`);
  }),
);
