import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TwilioStandIn } from '../apps/gateway/src/phone-numbers/testing/twilio-stand-in.js';
import { call } from './api.js';
import { awaitCode, makeEntry, postSms, readCode, smsParameters, someCode } from './inbound-senders.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

const accountSid = `AC${'1'.repeat(32)}`;
const authToken = '0123456789abcdef0123456789abcdef';
const twilio = new TwilioStandIn(accountSid, authToken);
let system: OwnSystem;
let first: Workspace;
let second: Workspace;

interface PhoneNumber {
  id: string;
  e164: string;
  status: string;
  webhook_url: string;
}

beforeAll(async () => {
  const environment = {
    OTPOST_TWILIO_API_URL: await twilio.start(),
    OTPOST_TWILIO_ACCOUNT_SID: accountSid,
    OTPOST_TWILIO_AUTH_TOKEN: authToken,
  };
  system = await startSystem({ environment });
  first = await createWorkspace(system);
}, 120_000);

afterAll(async () => {
  await system.end();
  await twilio.stop();
});

const add = ({ apiKey }: Workspace, body: object, path = '/v1/phone-numbers') =>
  call<PhoneNumber>(system, path, { key: apiKey, body });
const text = (to: string, code: string) => postSms(system, smsParameters(to, `Your code is ${code}`), authToken);
const smsUrlOf = (e164: string) => [...twilio.owned.values()].find((owned) => owned.e164 === e164)?.smsUrl;

// One story, in order.
describe('/v1/phone-numbers', () => {
  it("imports a number of the deployment's account: its SMS come here, and are codes of its credential", async () => {
    twilio.own('+13125550142');
    const { id: credential_id } = await makeEntry(system, first, 'imported.example', 'SMS');
    const body = { e164: '+1 (312) 555-0142', account_sid: accountSid, mode: 'dedicated', credential_id };
    const made = await add(first, body);
    expect(made).toMatchObject({
      status: 201,
      body: {
        e164: '+13125550142',
        mode: 'dedicated',
        credential_id,
        status: 'active',
        webhook_url: system.hooks.twilioSms,
      },
    });
    expect(smsUrlOf('+13125550142')).toBe(system.hooks.twilioSms);
    const code = someCode();
    expect((await text('+13125550142', code)).status).toBe(200);
    expect((await awaitCode(system, first.apiKey, 'imported.example')).body).toMatchObject({ type: 'sms', code });
  });

  it("of a second workspace takes no code under the deployment's token until the root key approves it", async () => {
    second = await createWorkspace(system);
    twilio.own('+13125550143');
    const { id: credential_id } = await makeEntry(system, second, 'approved.example', 'SMS');
    const made = await add(second, { e164: '+13125550143', account_sid: accountSid, mode: 'dedicated', credential_id });
    expect(made).toMatchObject({ status: 201, body: { status: 'pending_approval' } });
    expect(smsUrlOf('+13125550143')).toBeNull();
    expect((await text('+13125550143', someCode())).status).toBe(200);
    expect((await call(system, '/v1/messages', { key: second.apiKey })).body).toMatchObject({ items: [] });

    const approve = (key: string) => call(system, `/v1/phone-numbers/${made.body.id}/approve`, { method: 'POST', key });
    expect((await approve(second.apiKey)).status).toBe(403);
    expect(await approve(system.rootKey)).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(smsUrlOf('+13125550143')).toBe(system.hooks.twilioSms);
    const code = someCode();
    await text('+13125550143', code);
    expect((await awaitCode(system, second.apiKey, 'approved.example')).body).toMatchObject({ type: 'sms', code });
  });

  it('buys a number, and gives it back when it is deleted: its SMS are nobody’s then', async () => {
    const { id: credential_id } = await makeEntry(system, first, 'bought.example', 'SMS');
    const wanted = { country: 'US', mode: 'dedicated', credential_id };
    const { status, body: bought } = await add(first, wanted, '/v1/phone-numbers/buy');
    expect([status, bought.e164]).toEqual([201, '+13125550001']);
    expect(smsUrlOf('+13125550001')).toBe(system.hooks.twilioSms);
    if (bought.status === 'pending_approval')
      await call(system, `/v1/phone-numbers/${bought.id}/approve`, { method: 'POST', key: system.rootKey });
    const code = someCode();
    await text('+13125550001', code);
    expect((await awaitCode(system, first.apiKey, 'bought.example')).body).toMatchObject({ type: 'sms', code });

    const path = `/v1/phone-numbers/${bought.id}`;
    expect(await call(system, path, { key: second.apiKey, method: 'DELETE' })).toMatchObject({ status: 404 });
    expect(await call(system, path, { key: first.apiKey, method: 'DELETE' })).toMatchObject({
      body: { success: true },
    });
    expect(smsUrlOf('+13125550001')).toBeUndefined();
    expect((await text('+13125550001', someCode())).status).toBe(404);
    expect(await readCode(system, first.apiKey, 'bought.example')).toMatchObject({ status: 409 });
  });

  it('attributes an SMS to a shared number to the one open challenge that it names', async () => {
    const made = await add(first, { e164: '+13125550144', auth_token: 'own-token', mode: 'shared' });
    expect(made).toMatchObject({ status: 201, body: { status: 'active', credential_id: null } });
    const open = async (domain: string) => {
      await makeEntry(system, first, domain, 'SMS');
      const body = { permissioned_user_id: 'agent', domain, factors: ['sms'] };
      return (await call<{ id: string }>(system, '/v1/challenges', { key: first.apiKey, body })).body.id;
    };
    const [meant, other] = [await open('github.com'), await open('slack.com')];
    const code = someCode();
    await postSms(system, smsParameters('+13125550144', `Your GitHub code is ${code}`), 'own-token');
    const path = `/v1/challenges/${meant}?wait=30`;
    expect((await call(system, path, { key: first.apiKey })).body).toMatchObject({ status: 'resolved', code });
    expect((await call(system, `/v1/challenges/${other}`, { key: first.apiKey })).body).toMatchObject({
      status: 'pending',
    });
    expect(await readCode(system, first.apiKey, 'github.com')).toMatchObject({ status: 409 });
  });
});
