import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectPhoneNumber } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import { BuyNumber } from './buy-number.js';
import { ImportNumber } from './import-number.js';
import { importedNumber, wantedNumber } from './phone-number-schemas.js';
import { TwilioStandIn } from './testing/twilio-stand-in.js';
import { VaultStandIn } from './testing/vault-stand-in.js';
import { TwilioNumbers } from './twilio-numbers.js';
import { TwilioOptions } from './twilio-options.js';

const sid = `AC${'a'.repeat(32)}`;
const webhookUrl = 'https://in.example.test/inbound/twilio/sms';
const caller = {
  actor: { kind: 'api_key' as const, id: 'key1' },
  ip: null,
  request_id: 'spec',
  workspace_id: '019a0000-0000-7000-8000-000000000000',
};
const idempotency = { key: 'key', route: 'POST /v1/phone-numbers/buy', body_hmac: 'a'.repeat(64) };
const logger = createLogger({ service: 'gateway', replica: 'spec', level: 'silent' });

let twilio: TwilioStandIn;
let vault: VaultStandIn;
let buyer: BuyNumber;
let importer: ImportNumber;

beforeEach(async () => {
  twilio = new TwilioStandIn(sid, 'token');
  vault = new VaultStandIn();
  const numbers = new TwilioNumbers(await twilio.start());
  const options = new TwilioOptions({
    OTPOST_PUBLIC_INGEST_URL: 'https://in.example.test/',
    OTPOST_TWILIO_ACCOUNT_SID: sid,
    OTPOST_TWILIO_AUTH_TOKEN: new Secret('token'),
  });
  buyer = new BuyNumber(vault.rpc, numbers, options, logger);
  importer = new ImportNumber(vault.rpc, numbers, options);
});
afterEach(() => twilio.stop());

/** Paid for at Twilio, and known here: the two must say the same. */
const paid = () => [...twilio.owned.values()].map(({ e164 }) => e164);
const recorded = () => [...vault.rows.values()].map(({ e164, status }) => `${e164} ${status}`);

describe('buying a number', () => {
  const buy = (country = 'US', key: typeof idempotency | null = idempotency) =>
    buyer.run(caller, wantedNumber.parse({ country, mode: 'shared' }), key);

  it('records it, pays it, and has Twilio post its SMS here', async () => {
    expect(await buy()).toMatchObject({ e164: '+13125550001', status: 'active', purchased: true, account_sid: sid });
    expect([...twilio.owned.values()]).toEqual([{ e164: '+13125550001', smsUrl: webhookUrl }]);
  });

  it('takes a mobile number where local ones take no SMS', async () => {
    expect(await buy('gb')).toMatchObject({ e164: '+447700900001' });
  });

  it('buys once for one Idempotency-Key', async () => {
    const first = await buy();
    expect(await buy()).toEqual(first);
    expect(paid()).toHaveLength(1);
  });

  it('passes over a number that somebody here is buying', async () => {
    vault.taken.add('+13125550001');
    expect(await buy()).toMatchObject({ e164: '+13125550002' });
  });

  it('leaves nothing behind where Twilio refuses or has none', async () => {
    twilio.failure = 'refused';
    await expect(buy()).rejects.toMatchObject({ code: 'conflict', message: 'Twilio refused (error 21422)' });
    await expect(buy('FR')).rejects.toMatchObject({ code: 'conflict' });
    expect(recorded()).toEqual([]);
    expect(await buy()).toMatchObject({ status: 'active' });
  });

  it.each(['sold_then_500', 'sold_then_silence'] as const)('finds out that it was %s', async (failure) => {
    twilio.failure = failure;
    expect(await buy()).toMatchObject({ status: 'active' });
    expect(paid()).toEqual(['+13125550001']);
  });

  it('keeps what may have been sold as purchasing, for a repeat to bring to its end', async () => {
    twilio.failure = 'silence';
    await expect(buy()).rejects.toMatchObject({ code: 'unavailable' });
    expect(recorded()).toEqual(['+13125550001 purchasing']);
    expect(await buy()).toMatchObject({ e164: '+13125550001', status: 'active' });
    expect(paid()).toEqual(['+13125550001']);
  });

  it('never leaves a paid number unrecorded when the vault goes away after the payment', async () => {
    vault.away.add(connectPhoneNumber.pattern);
    await expect(buy()).rejects.toMatchObject({ code: 'unavailable' });
    expect(paid()).toEqual(['+13125550001']);
    expect(recorded()).toEqual(['+13125550001 purchasing']);
    vault.away.clear();
    expect(await buy()).toMatchObject({ status: 'active' });
    expect(paid()).toEqual(['+13125550001']);
  });

  it('gives back what was deleted while it was being bought', async () => {
    const { call } = vault.rpc;
    vault.rpc.call = (contract: never, request: never) => {
      if ((contract as typeof connectPhoneNumber).pattern === connectPhoneNumber.pattern) vault.rows.clear();
      return call(contract, request);
    };
    await expect(buy()).rejects.toMatchObject({ code: 'not_found' });
    expect(paid()).toEqual([]);
  });

  it('gives back a number, and one of which nobody knew whether it was bought', async () => {
    const number = await buy();
    await buyer.giveBack({ ...number, provider_sid: null });
    expect(paid()).toEqual([]);
    await buyer.giveBack(number);
  });
});

describe('importing a number', () => {
  const importNumber = (given: object) =>
    importer.run(caller, importedNumber.parse({ e164: '+1 (312) 555-0042', mode: 'shared', ...given }), null);
  const account = { account_sid: sid, auth_token: 'token' };

  it('without an account calls nobody', async () => {
    expect(await importNumber({ auth_token: 'token' })).toMatchObject({ e164: '+13125550042', provider_sid: null });
    expect(twilio.requests).toEqual([]);
  });

  it('with one has Twilio post its SMS here', async () => {
    const provider_sid = twilio.own('+13125550042');
    expect(await importNumber(account)).toMatchObject({ provider_sid });
    expect(twilio.owned.get(provider_sid)?.smsUrl).toBe(webhookUrl);
  });

  it('that the account has not, or whose token is wrong, is refused and not recorded', async () => {
    await expect(importNumber(account)).rejects.toMatchObject({ fields: [{ path: 'e164' }] });
    const refused = { fields: [{ path: 'auth_token' }] };
    await expect(importNumber({ ...account, auth_token: 'wrong' })).rejects.toMatchObject(refused);
    await expect(importNumber({ account_sid: 'ACother' })).rejects.toMatchObject(refused);
    expect(recorded()).toEqual([]);
  });

  it("under the deployment's account leaves the number alone until it is approved", async () => {
    vault.status = 'pending_approval';
    twilio.own('+13125550042');
    expect(await importNumber({ account_sid: sid })).toMatchObject({ status: 'pending_approval' });
    expect(twilio.requests).toEqual([]);
  });

  it.each(['not a number', '3125550042', '+1', '+12', '+999123456789'])('refuses %s', (e164) => {
    expect(importedNumber.safeParse({ e164, mode: 'shared' }).error?.issues[0]?.path).toEqual(['e164']);
  });

  it.each(['+15551234567', '+447700900123', '+8613800138000'])('takes %s', (e164) => {
    expect(importedNumber.parse({ e164, mode: 'shared' })).toMatchObject({ e164 });
  });
});
