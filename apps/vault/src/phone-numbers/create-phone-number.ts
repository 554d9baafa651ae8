import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  AppError,
  createPhoneNumber,
  fieldError,
  findCreatedPhoneNumber,
  phoneNumberTokenPlace,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, OwnerDatabase, type Transaction } from '@otpost/database';
import { equalInConstantTime, sealWithHookKey, type Secret } from '@otpost/envelope';
import { recordAudit } from '../audit/record-audit.js';
import { createOnce } from '../idempotency/create-once.js';
import { DataKeys } from '../keys/data-keys.js';
import { assertFree, findNumber, numberTaken, recordOfNumber } from './phone-number-rows.js';

type Request = RequestOf<typeof createPhoneNumber>;

/** Records numbers: imported ones, and those that are about to be bought. */
@Injectable()
export class CreatePhoneNumber {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject('HOOK_KEY') private readonly hookKey: Secret<Uint8Array>,
  ) {}

  async run(request: Request): Promise<ResponseOf<typeof createPhoneNumber>> {
    const { workspace_id: workspaceId, idempotency } = request;
    const isAlone = await this.#isOnlyWorkspace();
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const { resourceId, status } = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 201,
        create: async () => ({ resourceId: await this.#insert(tx, request, isAlone), shownOnce: null }),
      });
      return { phone_number: recordOfNumber(await findNumber(tx, resourceId)), status };
    });
  }

  async findCreated({
    workspace_id: workspaceId,
    idempotency: { route, key, body_hmac },
  }: RequestOf<typeof findCreatedPhoneNumber>): Promise<ResponseOf<typeof findCreatedPhoneNumber>> {
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const record = await tx.idempotencyRecord.findFirst({
        where: { workspaceId, route, key, expiresAt: { gt: new Date() } },
      });
      if (record?.resourceId == null) return { phone_number: null };
      if (!equalInConstantTime(record.bodyHmac, Buffer.from(body_hmac, 'hex')))
        throw new AppError('idempotency_key_reused', 'This Idempotency-Key was used with another request body.');
      return { phone_number: recordOfNumber(await findNumber(tx, record.resourceId)) };
    });
  }

  async #insert(tx: Transaction, request: Request, isAlone: boolean): Promise<string> {
    const { workspace_id: workspaceId, phone_number: given } = request;
    const { e164, provider, account_sid, auth_token, mode, credential_id, purchased } = given;
    if (mode === 'shared' && credential_id !== null)
      throw fieldError('credential_id', 'a shared number belongs to no credential');
    const id = uuidv7();
    if (credential_id !== null) await assertFree(tx, workspaceId, credential_id, id);
    const place = phoneNumberTokenPlace(workspaceId, id);
    const authToken = auth_token === null ? null : sealWithHookKey(this.hookKey.reveal(), auth_token.reveal(), place);
    // Under the deployment's token one workspace could claim what another one gets: somebody who knows whose it is must say so.
    const status = auth_token === null && !isAlone ? 'pending_approval' : 'active';
    const { count } = await tx.phoneNumber.createMany({
      data: {
        id,
        workspaceId,
        e164,
        provider,
        accountSid: account_sid,
        authToken,
        mode,
        credentialId: credential_id,
        status,
        purchased,
      },
      skipDuplicates: true,
    });
    if (count === 0) throw numberTaken();
    await recordAudit(tx, request, {
      workspaceId,
      action: purchased ? 'phone_number.purchase_begun' : 'phone_number.imported',
      resource: { type: 'phone_number', id },
      details: { e164, mode, status, ...(credential_id === null ? {} : { credential_id }) },
    });
    return id;
  }

  async #isOnlyWorkspace(): Promise<boolean> {
    const some = await this.owner.prisma.workspace.findMany({ take: 2, select: { id: true } });
    return some.length < 2;
  }
}
