import { describe, expect, it } from '@jest/globals';
import { findForwardingConfirmation, findOriginalSender, type ForwardingClues } from './forwarding.js';

const clues = (overrides: Partial<ForwardingClues>): ForwardingClues => ({
  fromAddress: 'noreply@github.com',
  subject: 'Your code',
  text: 'Your code is 482913',
  headers: [],
  ...overrides,
});

describe('findOriginalSender', () => {
  it('is null for a mail that nobody sent on', () => {
    expect(findOriginalSender(clues({}))).toBeNull();
    expect(findOriginalSender(clues({ text: 'From: now on, use code 482913' }))).toBeNull();
    expect(findOriginalSender(clues({ text: null }))).toBeNull();
  });

  it.each(['x-forwarded-to', 'x-forwarded-for', 'resent-from', 'x-ms-exchange-inbox-rules-loop'])(
    'is the From of a redirect that left %s',
    (name) => {
      expect(findOriginalSender(clues({ headers: [{ name, value: 'me@gmail.com' }] }))).toBe('noreply@github.com');
    },
  );

  it.each([
    [
      'Gmail',
      '---------- Forwarded message ---------\nFrom: GitHub <noreply@github.com>\nDate: Sat\nSubject: Your code\nTo: <me@gmail.com>\n\n482913',
    ],
    ['Apple Mail', 'Begin forwarded message:\n\nFrom: GitHub <noreply@github.com>\nSubject: Your code'],
    [
      'Outlook',
      '________________________________\nFrom: GitHub <noreply@github.com>\nSent: Saturday\nTo: Me\nSubject: Your code',
    ],
    ['German', '-------- Weitergeleitete Nachricht --------\nBetreff: Code\nVon: GitHub <NoReply@GitHub.com>'],
    ['French', '---------- Message transféré ---------\nDe : GitHub <noreply@github.com>'],
    ['Japanese', '差出人: GitHub <noreply@github.com>\n件名: コード'],
    ['quoted', '> ---- Forwarded message ----\n> From: noreply@github.com'],
  ])('is the quoted From of a mail forwarded by hand: %s', (_, text) => {
    const forwarded = clues({ fromAddress: 'me@company.example', subject: 'Fwd: Your code', text });
    expect(findOriginalSender(forwarded)).toBe('noreply@github.com');
  });

  it.each(['WG: Code', 'TR: code', 'RV: código', '转发：验证码', 'Fw: x'])(
    'knows a forwarded mail by its subject: %s',
    (subject) => {
      expect(findOriginalSender(clues({ subject, text: 'From: a@b.example' }))).toBe('a@b.example');
    },
  );

  it('takes no time over a text made to take it', () => {
    const startedAt = performance.now();
    for (const text of [
      'From: ' + 'a.'.repeat(500_000),
      `From: ${'a'.repeat(500_000)}@`,
      `${'-- '.repeat(300_000)}`,
      'From: x@' + 'a-'.repeat(500_000),
      '_'.repeat(1_000_000),
      '-- a'.repeat(250_000),
    ])
      findOriginalSender(clues({ subject: 'Fwd: x', text }));
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('findForwardingConfirmation', () => {
  const gmailText =
    'me@gmail.com has requested to automatically forward mail to your email address x@inbox.example.\nConfirmation code: 123456789\n\n' +
    'To allow me@gmail.com to automatically forward mail to your address, please click the link below to confirm the request:\n\n' +
    'https://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc\n\nIf you click the link and it appears to be broken…\n\n' +
    'To cancel: https://mail-settings.google.com/mail/uf-%5BANGjdJ8%5D-abc\n';

  it('recognises that of Gmail, with its code and the link that confirms', () => {
    const mail = { fromAddress: 'forwarding-noreply@google.com', headers: [], text: gmailText };
    const confirmation = {
      provider: 'gmail',
      code: '123456789',
      link: 'https://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc',
    };
    const subject = '(#123456789) Gmail Forwarding Confirmation - Receive Mail from me@gmail.com';
    expect(findForwardingConfirmation({ ...mail, subject })).toEqual(confirmation);
    expect(findForwardingConfirmation({ ...mail, subject: 'Gmail の転送の確認' })).toEqual(confirmation);
  });

  it('recognises that of Outlook, in several languages', () => {
    const text = 'Confirm the forwarding: https://outlook.live.com/mail/forwarding/verify?t=abc\nCode: 482913';
    for (const subject of [
      'Confirm your forwarding address',
      'Bestätigen Sie Ihre Weiterleitungsadresse',
      'Confirme su dirección de reenvío',
    ]) {
      expect(findForwardingConfirmation(clues({ fromAddress: 'no-reply@microsoft.com', subject, text }))).toEqual({
        provider: 'outlook',
        code: '482913',
        link: 'https://outlook.live.com/mail/forwarding/verify?t=abc',
      });
    }
  });

  it("leaves the same senders' second factors alone", () => {
    const code = (fromAddress: string, subject: string) => findForwardingConfirmation(clues({ fromAddress, subject }));
    expect(
      code('account-security-noreply@accountprotection.microsoft.com', 'Microsoft account security code'),
    ).toBeNull();
    expect(code('no-reply@accounts.google.com', 'Google verification code')).toBeNull();
    expect(code('noreply@github.com', 'Forwarding confirmation')).toBeNull();
    expect(code('x@evil-google.com', 'Gmail Forwarding Confirmation')).toBeNull();
  });
});
