import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { phoneNumberTokenPlace, type createPhoneNumber, type RequestOf } from '@otpost/contracts';
import { openWithHookKey, Secret } from '@otpost/envelope';
import { openVault, type OpenVault, type WorkspaceClient } from '../credentials/testing/open-vault.js';
import { CreatePhoneNumber } from './create-phone-number.js';
import { PhoneNumbersController } from './phone-numbers.controller.js';

type NewNumber = RequestOf<typeof createPhoneNumber>['phone_number'];

const caller = { actor: { kind: 'api_key' as const, id: 'key1' }, ip: null, request_id: 'spec' };
const root = { ...caller, actor: { kind: 'root' as const, id: 'root' } };
const hookKey = new Secret<Uint8Array>(randomBytes(32));

describe('phone numbers', () => {
  let vault: OpenVault;
  let numbers: PhoneNumbersController;
  let client: WorkspaceClient;
  let credentialId: string;

  beforeAll(async () => {
    vault = await openVault();
    const create = new CreatePhoneNumber(vault.database, vault.owner, vault.dataKeys, hookKey);
    numbers = new PhoneNumbersController(vault.database, vault.owner, create);
  });
  afterAll(() => vault.close());
  beforeEach(async () => {
    await vault.owner.prisma.workspace.deleteMany();
    client = await vault.makeWorkspace();
    credentialId = (await client.create({ tfa_method: 'SMS' }))['id'] as string;
  });

  const request = () => ({ ...caller, workspace_id: client.id });
  const idempotencyOf = (key: string, body = 'a') => ({
    key,
    route: 'POST /v1/phone-numbers/buy',
    body_hmac: body.repeat(64),
  });
  const create = async (given: Partial<NewNumber> = {}, key?: string) => {
    const e164 = `+1312555${randomInt(10_000).toString().padStart(4, '0')}`;
    const phone_number: NewNumber = {
      e164,
      provider: 'twilio',
      account_sid: null,
      auth_token: null,
      mode: 'dedicated',
      credential_id: null,
      purchased: false,
      ...given,
    };
    const idempotency = key === undefined ? null : idempotencyOf(key);
    return (await numbers.create({ ...request(), phone_number, idempotency })).phone_number;
  };
  const actions = async () => {
    const where = { workspaceId: client.id, resourceType: 'phone_number' };
    const entries = await vault.owner.prisma.auditEntry.findMany({ where, orderBy: { id: 'asc' } });
    return entries.map(({ action }) => action.replace('phone_number.', ''));
  };

  it('are recorded, changed and deleted, and every change is audited', async () => {
    const { id, e164 } = await create({ credential_id: credentialId });
    expect((await client.find())['tfa_phone_number']).toBe(e164);
    const shared = await numbers.update({ ...request(), id, change: { mode: 'shared' } });
    expect(shared).toMatchObject({ mode: 'shared', credential_id: null });
    expect((await client.find())['tfa_phone_number']).toBeNull();
    const again = { mode: 'dedicated' as const, credential_id: credentialId };
    expect(await numbers.update({ ...request(), id, change: again })).toMatchObject(again);
    await numbers.update({ ...request(), id, change: again });
    await numbers.delete({ ...request(), id, reason: 'requested' });
    await expect(numbers.get({ ...request(), id })).rejects.toMatchObject({ code: 'not_found' });
    expect(await actions()).toEqual(['imported', 'updated', 'updated', 'deleted']);
  });

  it('are unique in the deployment, and say nothing of whose they are', async () => {
    const { e164 } = await create();
    client = await vault.makeWorkspace();
    await expect(create({ e164 })).rejects.toMatchObject({ code: 'already_exists', fields: [{ path: 'e164' }] });
  });

  it('of which a credential has one: a second is refused, also when both come at once', async () => {
    const both = await Promise.allSettled([
      create({ credential_id: credentialId }),
      create({ credential_id: credentialId }),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'conflict', fields: [{ path: 'credential_id' }] },
    });
    const { id } = await create();
    const change = { credential_id: credentialId };
    await expect(numbers.update({ ...request(), id, change })).rejects.toMatchObject({
      code: 'conflict',
      fields: [{ path: 'credential_id' }],
    });
  });

  it('that are shared belong to no credential', async () => {
    const refused = { code: 'validation_failed', fields: [{ path: 'credential_id' }] };
    await expect(create({ mode: 'shared', credential_id: credentialId })).rejects.toMatchObject(refused);
    const { id } = await create({ mode: 'shared' });
    const change = { credential_id: credentialId };
    await expect(numbers.update({ ...request(), id, change })).rejects.toMatchObject(refused);
  });

  it("are not given to another workspace's credential", async () => {
    const foreign = credentialId;
    client = await vault.makeWorkspace();
    await expect(create({ credential_id: foreign })).rejects.toMatchObject({ code: 'not_found' });
    const { id } = await create();
    const change = { credential_id: foreign };
    await expect(numbers.update({ ...request(), id, change })).rejects.toMatchObject({ code: 'not_found' });
  });

  it("have their token sealed for the ingestor alone, in the number's own place", async () => {
    const { id } = await create({ auth_token: new Secret('twilio token') });
    const row = await vault.owner.prisma.phoneNumber.findUniqueOrThrow({ where: { id } });
    const sealed = row.authToken ?? new Uint8Array();
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('twilio token');
    expect(openWithHookKey(hookKey.reveal(), sealed, phoneNumberTokenPlace(client.id, id)).reveal()).toBe(
      'twilio token',
    );
  });

  it("under the deployment's token wait for approval once there is more than one workspace", async () => {
    expect(await create()).toMatchObject({ status: 'active' });
    const second = await vault.makeWorkspace();
    const waiting = await create({ credential_id: credentialId });
    expect(waiting.status).toBe('pending_approval');
    expect(await create({ auth_token: new Secret('its own') })).toMatchObject({ status: 'active' });
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'factor_not_readable' });

    const { id } = waiting;
    const approved = await numbers.approve({ ...root, id });
    expect(approved).toMatchObject({ workspace_id: client.id, phone_number: { status: 'active' } });
    expect(await numbers.approve({ ...root, id })).toEqual(approved);
    expect((await actions()).filter((action) => action === 'approved')).toHaveLength(1);
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'no_fresh_code' });
    await expect(numbers.approve({ ...root, id: second.id })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('that are being bought are known before they are paid, and found again by their Idempotency-Key', async () => {
    const find = (key: string, body?: string) =>
      numbers.findCreated({ ...request(), idempotency: idempotencyOf(key, body) });
    expect(await find('key')).toEqual({ phone_number: null });
    const bought = await create({ purchased: true }, 'key');
    expect(bought).toMatchObject({ status: 'purchasing', provider_sid: null });
    expect((await find('key')).phone_number).toEqual(bought);
    await expect(find('key', 'b')).rejects.toMatchObject({ code: 'idempotency_key_reused' });

    const connect = () => numbers.connect({ ...request(), id: bought.id, provider_sid: 'PN1' });
    expect(await connect()).toMatchObject({ status: 'active', provider_sid: 'PN1' });
    await connect();
    expect(await actions()).toEqual(['purchase_begun', 'purchased']);
  });

  it('that the provider refused may be asked for again with the same key', async () => {
    const { id } = await create({ purchased: true }, 'key');
    await numbers.delete({ ...request(), id, reason: 'provider_refused' });
    expect((await create({ purchased: true }, 'key')).id).not.toBe(id);
  });
});
