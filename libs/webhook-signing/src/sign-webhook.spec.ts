import { describe, expect, it } from '@jest/globals';
import { CloudCruise, VerificationError } from 'cloudcruise';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Secret } from '@otpost/envelope';
import { buildWebhookBody, generateWebhookSecret, signWebhook, SigningSecret } from './index.js';

const id = '01977000-0000-7000-8000-000000000001';
const waiting = {
  event: 'interaction.waiting',
  payload: { session_id: 's-1', message: 'Code sent to •••@example.com 🔑' },
};
const cloudCruise = new CloudCruise({ apiKey: 'none', encryptionKey: '00'.repeat(32) });

function sign(content: Parameters<typeof signWebhook>[0], ...secrets: [Secret, ...Secret[]]) {
  const parsed = secrets.map((secret) => SigningSecret.parse(secret)) as [SigningSecret];
  return signWebhook(content, { id, secrets: parsed, nowMs: Date.now() });
}

describe('buildWebhookBody', () => {
  it('is compact JSON with epoch seconds, valid for five minutes', () => {
    const { text } = buildWebhookBody(waiting, 1_724_002_463_999);
    expect(text).toBe(
      '{"event":"interaction.waiting","payload":{"session_id":"s-1","message":"Code sent to •••@example.com 🔑"},' +
        '"timestamp":1724002463,"expires_at":1724002763}',
    );
  });

  it('has metadata when there is some', () => {
    expect(buildWebhookBody({ ...waiting, metadata: { run: 7 } }, 0).text).toContain(
      ',"metadata":{"run":7},"timestamp":0,',
    );
    expect(buildWebhookBody({ ...waiting, metadata: null }, 0).text).not.toContain('metadata');
  });
});

describe('signWebhook', () => {
  it('is accepted by the cloudcruise package, given the body as text or parsed', () => {
    const secret = generateWebhookSecret();
    const { body, headers } = sign(waiting, secret);
    const signature = headers['x-hmac-signature'];
    expect(cloudCruise.webhook.verifySignature(body, signature, secret.reveal())).toMatchObject(waiting);
    expect(cloudCruise.webhook.verifySignature(JSON.parse(body), signature, secret.reveal())).toMatchObject(waiting);
    expect(() => cloudCruise.webhook.verifySignature(body, signature, generateWebhookSecret().reveal())).toThrow(
      VerificationError,
    );
  });

  it('is accepted by standardwebhooks, whatever the content', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.option(fc.object()), (payload, metadata) => {
        const secret = generateWebhookSecret();
        const { body, headers } = sign({ event: 'code.received', payload, metadata }, secret);
        expect(new Webhook(secret.reveal()).verify(body, { ...headers })).toEqual(JSON.parse(body));
        expect(cloudCruise.webhook.verifySignature(body, headers['x-hmac-signature'], secret.reveal())).toEqual(
          JSON.parse(body),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('lets holders of the old and of the new secret verify during a rotation', () => {
    const [current, previous] = [generateWebhookSecret(), generateWebhookSecret()];
    const { body, headers } = sign(waiting, current, previous);
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    for (const secret of [current, previous]) new Webhook(secret.reveal()).verify(body, { ...headers });
    cloudCruise.webhook.verifySignature(body, headers['x-hmac-signature'], current.reveal());
    expect(() => new Webhook(generateWebhookSecret().reveal()).verify(body, { ...headers })).toThrow();
  });

  it('makes the signature that the reference implementations are tested with', () => {
    const secret = SigningSecret.parse(new Secret('whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'));
    const signature = secret.standardSignature(
      'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      '1649367553',
      '{"email":"test@example.com","username":"test_user"}',
    );
    expect(signature.toString('base64')).toBe('tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=');
  });
});
