import { describe, expect, it } from '@jest/globals';
import { encodeText } from '../testing/charsets.js';
import { mailLimits, parseMail } from './parse-mail.js';

const head =
  'From: GitHub <NoReply@GitHub.com>\r\nTo: x@inbox.example\r\nMessage-ID: <1@github.com>\r\nSubject: Your code\r\n';
const parse = (mail: string | Uint8Array) => parseMail(typeof mail === 'string' ? Buffer.from(mail) : mail);

describe('parseMail', () => {
  it('decodes header words and addresses', async () => {
    const mail = await parse(
      'From: =?utf-8?B?R2l0SMO8Yg==?= <NoReply@GitHub.com>\r\nTo: A <a@inbox.example>, b@inbox.example\r\nCc: c@d.example\r\nSubject: =?iso-8859-1?Q?Best=E4tigung?=\r\n\r\nx',
    );
    expect(mail).toMatchObject({
      fromAddress: 'noreply@github.com',
      from: 'GitHüb <noreply@github.com>',
      to: 'A <a@inbox.example>, b@inbox.example',
      subject: 'Bestätigung',
      recipients: { delivered: [], addressed: ['a@inbox.example', 'b@inbox.example', 'c@d.example'] },
    });
  });

  it('keeps text and HTML, and describes what is attached', async () => {
    const mail = await parse(
      `${head}Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n` +
        '--a\r\nContent-Type: text/plain\r\n\r\nYour code is 482913\r\n--a\r\nContent-Type: text/html\r\n\r\n<b>482913</b>\r\n--a--\r\n' +
        '--m\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--m--\r\n',
    );
    expect(mail.text?.trim()).toBe('Your code is 482913');
    expect(mail.html?.trim()).toBe('<b>482913</b>');
    expect(mail.attachments).toEqual([{ filename: 'a.pdf', content_type: 'application/pdf', size_bytes: 3 }]);
  });

  it.each([
    ['iso-8859-1', 'Bestätigungscode'],
    ['shift_jis', '認証コード'],
    ['gb18030', '验证码'],
    ['koi8-r', 'код'],
    ['euc-kr', '인증번호'],
  ])('reads %s', async (charset, text) => {
    const mail = Buffer.concat([
      Buffer.from(`${head}Content-Type: text/plain; charset=${charset}\r\n\r\n`),
      encodeText(text, charset),
    ]);
    expect((await parse(mail)).text).toBe(text);
  });

  it.each([
    '',
    '\r\n',
    head,
    `${head}\r\n`,
    'no header at all',
    '\0\xff'.repeat(100),
    `${head}Content-Type: text/plain; charset=klingon\r\n\r\n\xff`,
  ])('has something to say of %j', async (mail) => {
    expect(await parse(Buffer.from(mail, 'latin1'))).toHaveProperty('text');
  });

  it('keeps what is within the limits of text', async () => {
    const long = await parse(`${head}\r\n${'a'.repeat(mailLimits.textBytes + 10)}`);
    expect(long.text).toHaveLength(mailLimits.textLength);
    expect(long.truncated).toBe(true);
    const short = await parse(`${head}\r\n${'a'.repeat(1_000)}`);
    expect(short.truncated).toBe(false);
  });

  it.each([
    ['parts', `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(mailLimits.parts + 2)}`],
    [
      'levels',
      Array.from(
        { length: mailLimits.depth + 2 },
        (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
      ).join(''),
    ],
    ['header', `X: ${'y'.repeat(mailLimits.headerBytes)}\r\n\r\n`],
  ])('refuses too many %s', async (_, rest) => {
    await expect(parse(head + rest)).rejects.toMatchObject({ code: 'validation_failed' });
  });

  it('has the same fingerprint for a retry, another for another text', async () => {
    const fingerprint = async (mail: string) => (await parse(mail)).fingerprint;
    const mail = `${head}\r\nYour code is 482913`;
    expect(await fingerprint(`Received: by a.example\r\n${mail}`)).toEqual(
      await fingerprint(`Received: by b.example\r\n${mail}`),
    );
    expect(await fingerprint(mail.replace('482913', '482914'))).not.toEqual(await fingerprint(mail));
    expect(await fingerprint(mail.replace('Your code\r', 'My code\r'))).not.toEqual(await fingerprint(mail));
  });

  it('names where it was delivered, topmost first', async () => {
    const mail = await parse(`Delivered-To: <A@inbox.example>\r\nX-Original-To: b@inbox.example\r\n${head}\r\nx`);
    expect(mail.recipients.delivered).toEqual(['a@inbox.example', 'b@inbox.example']);
  });
});
