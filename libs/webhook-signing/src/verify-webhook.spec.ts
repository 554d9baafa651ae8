import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { generateWebhookSecret, signWebhook, SigningSecret, verifyWebhook, type ReceivedWebhook } from './index.js';

const nowMs = Date.now();
const secret = generateWebhookSecret();
const secrets = [SigningSecret.parse(secret)];
const content = { event: 'code.received', payload: { n: 1 } };

function received(change: Partial<Record<string, string | undefined>> = {}): ReceivedWebhook {
  const { body, headers } = signWebhook(content, { id: 'msg_1', secrets: [SigningSecret.parse(secret)], nowMs });
  return { body: Buffer.from(body), headers: { ...headers, ...change } };
}

describe('verifyWebhook', () => {
  it('accepts what signWebhook signed, with any of several secrets', () => {
    verifyWebhook(received(), { secrets, nowMs });
    verifyWebhook(received(), { secrets: [SigningSecret.parse(generateWebhookSecret()), ...secrets], nowMs });
  });

  it('accepts what standardwebhooks signed, over bytes that are no text', () => {
    const date = new Date(nowMs);
    const body = Buffer.from('From: a@example.com\r\n\r\nbonjour');
    const signature = new Webhook(secret.reveal()).sign('msg_2', date, body.toString());
    const headers = {
      'webhook-id': 'msg_2',
      'webhook-timestamp': String(Math.floor(nowMs / 1_000)),
      'webhook-signature': signature,
    };
    verifyWebhook({ body, headers }, { secrets, nowMs });
    const latin1 = Buffer.from([0x63, 0x61, 0x66, 0xe9]);
    const bytesSigned =
      secrets[0]?.standardSignature('msg_3', headers['webhook-timestamp'], latin1).toString('base64') ?? '';
    verifyWebhook(
      { body: latin1, headers: { ...headers, 'webhook-id': 'msg_3', 'webhook-signature': `v1,${bytesSigned}` } },
      { secrets, nowMs },
    );
  });

  it('passes over signatures of other versions', () => {
    const good = received().headers['webhook-signature'] as string;
    verifyWebhook(received({ 'webhook-signature': `v1a,abc v2,${good.slice(3)} ${good}` }), { secrets, nowMs });
  });

  it.each([
    ['another secret', {}, [SigningSecret.parse(generateWebhookSecret())], 'no_matching_signature'],
    ['no secret at all', {}, [], 'no_matching_signature'],
    ['another id', { 'webhook-id': 'msg_2' }, secrets, 'no_matching_signature'],
    ['a cut signature', { 'webhook-signature': 'v1,AAAA' }, secrets, 'no_matching_signature'],
    ['an unknown version', { 'webhook-signature': 'v2,AAAA' }, secrets, 'no_matching_signature'],
    ['no id', { 'webhook-id': undefined }, secrets, 'missing_headers'],
    ['an empty id', { 'webhook-id': '' }, secrets, 'missing_headers'],
    ['no signature', { 'webhook-signature': undefined }, secrets, 'missing_headers'],
    ['no timestamp', { 'webhook-timestamp': undefined }, secrets, 'missing_headers'],
    ['a timestamp that is none', { 'webhook-timestamp': '12e3' }, secrets, 'malformed_timestamp'],
    ['a negative timestamp', { 'webhook-timestamp': '-5' }, secrets, 'malformed_timestamp'],
  ])('refuses %s', (_, change, withSecrets, code) => {
    expect(() => verifyWebhook(received(change), { secrets: withSecrets, nowMs })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('refuses a changed body', () => {
    const { headers, body } = received();
    body[0] = 0x20;
    expect(() => verifyWebhook({ headers, body }, { secrets, nowMs })).toThrow(
      expect.objectContaining({ code: 'no_matching_signature' }),
    );
  });

  it('refuses what is older or newer than the tolerance, and nothing that is within it', () => {
    const at = (offsetSeconds: number, toleranceSeconds?: number) => () =>
      verifyWebhook(received(), {
        secrets,
        nowMs: nowMs + offsetSeconds * 1_000,
        ...(toleranceSeconds === undefined ? {} : { toleranceSeconds }),
      });
    expect(at(300)).not.toThrow();
    expect(at(-300)).not.toThrow();
    expect(at(301)).toThrow(expect.objectContaining({ code: 'too_old' }));
    expect(at(-301)).toThrow(expect.objectContaining({ code: 'too_new' }));
    expect(at(11, 10)).toThrow(expect.objectContaining({ code: 'too_old' }));
  });
});
