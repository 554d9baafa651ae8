import { describe, expect, it } from '@jest/globals';
import { Secret } from '@otpost/envelope';
import { composeCopy, type Forwardable } from './compose-copy.js';
import { composeConfirmation, composeNotice } from './compose-request.js';

const secret = (text: string | null) => (text === null ? null : new Secret(text));

function message(content: { subject?: string | null; text?: string | null; html?: string | null } = {}, found = {}) {
  const { subject = 'Your code', text = 'Use 123456 to sign in.', html = null } = content;
  return {
    channel: 'email',
    to: 'abc@inbox.example.com',
    received_at: '2026-01-02T03:04:05.000Z',
    state: 'deposited',
    content: {
      from: new Secret('GitHub <noreply@github.com>'),
      to: new Secret('abc@inbox.example.com'),
      subject: secret(subject),
      text: secret(text),
      html: secret(html),
      headers: [],
      attachments: [{ filename: null, content_type: 'image/png', size_bytes: 1 }],
      truncated: false,
    },
    extraction: { code: new Secret('123456'), link: null, ...found },
    ...found,
  } as unknown as Forwardable;
}

describe('a copy by e-mail', () => {
  it('says what it is, and has the words of the message', () => {
    expect(composeCopy(message(), 'email')).toEqual({
      subject: 'Fwd: Your code',
      text: `Forwarded by otpost: an e-mail that arrived 2026-01-02T03:04:05.000Z
From: GitHub <noreply@github.com>
To: abc@inbox.example.com
Subject: Your code
Code: 123456
Attachments: 1, not kept

Use 123456 to sign in.
`,
    });
  });

  it('has the words of the HTML where there is no text', () => {
    const { text } = composeCopy(message({ text: ' ', html: '<p>Use <b>123456</b></p>' }), 'email');
    expect(text).toContain('\n\nUse 123456\n');
    expect(text).not.toContain('<b>');
  });

  it('names no code where none was certain', () => {
    expect(composeCopy(message({}, { state: 'ambiguous' }), 'email').text).not.toContain('Code:');
  });

  it('keeps its head to itself, whatever a subject holds', () => {
    const { subject, text } = composeCopy(message({ subject: 'a\r\nBcc: x@y.z\nCode: 999999' }), 'email');
    expect(subject).toBe('Fwd: a Bcc: x@y.z Code: 999999');
    expect(text.split('\n').filter((line) => line.startsWith('Code:'))).toEqual(['Code: 123456']);
  });
});

describe('a copy by SMS', () => {
  it('has the code first', () => {
    const { text } = composeCopy(message(), 'sms');
    expect(text).toBe(
      'Forwarded by otpost from GitHub <noreply@github.com>:\n123456\nYour code\nUse 123456 to sign in.',
    );
  });

  it('is short, whatever the message is', () => {
    const { text } = composeCopy(message({ text: 'x'.repeat(100_000), subject: 'y'.repeat(5_000) }), 'sms');
    expect(text.length).toBeLessThanOrEqual(600);
    expect(text).toContain('123456');
  });
});

describe('what otpost itself asks', () => {
  const link = 'https://otpost.example.com/confirm/x.y';

  it.each(['email', 'sms'] as const)('has its link once, by %s', (via) => {
    expect(composeConfirmation(link, via).text.split(link)).toHaveLength(2);
    const question = { message: 'Which number?', currentStep: 'Login', expiresAt: new Date(0) };
    const notice = composeNotice(link, question, via);
    expect(notice.text.split(link)).toHaveLength(2);
    expect(notice.text).toContain('Which number?');
  });

  it('is short by SMS', () => {
    const question = { message: 'x'.repeat(2_000), currentStep: null, expiresAt: new Date(0) };
    expect(composeNotice(link, question, 'sms').text.length).toBeLessThanOrEqual(141 + link.length);
  });
});
