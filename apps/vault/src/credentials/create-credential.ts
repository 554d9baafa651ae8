import { Inject, Injectable } from '@nestjs/common';
import { createCredential, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database, type Prisma, type Transaction } from '@otpost/database';
import { v7 as uuidv7 } from 'uuid';
import { recordAudit } from '../audit/record-audit.js';
import { createOnce } from '../idempotency/create-once.js';
import { awaitsMail, ensureInbox } from '../inboxes/ensure-inbox.js';
import { DataKeys } from '../keys/data-keys.js';
import { insertOtpSecret } from '../otp-secrets/otp-secret-rows.js';
import { clientEncryptionKeyOf } from '../workspaces/client-encryption-key.js';
import { browserState, columnOf, pairOf, plainFields } from './credential-fields.js';
import { clientEncryptedAfter, refusingTakenPair, sealFields } from './credential-rows.js';
import { checkIntervals } from './intervals.js';
import { ReadCredential } from './read-credential.js';
import { readGiven } from './read-given.js';
import { settleSecondFactor } from './second-factor.js';

/** Stores a vault entry. */
@Injectable()
export class CreateCredential {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(ReadCredential) private readonly readCredential: ReadCredential,
  ) {}

  /** @throws AppError `already_exists` for a second entry of one pair; `validation_failed` naming the field */
  async run(request: RequestOf<typeof createCredential>): Promise<ResponseOf<typeof createCredential>> {
    const { workspace_id: workspaceId, idempotency } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const { resourceId, status } = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 201,
        create: async () => ({ resourceId: await this.#insert(tx, request), shownOnce: null }),
      });
      return { credential: await this.readCredential.view(tx, workspaceId, resourceId), status };
    });
  }

  async #insert(tx: Transaction, request: RequestOf<typeof createCredential>): Promise<string> {
    const { workspace_id: workspaceId, credential: given } = request;
    const pair = pairOf(given);
    const fields = readGiven(await clientEncryptionKeyOf(tx, this.dataKeys, workspaceId), given);
    const factor = settleSecondFactor({ method: null, account: null }, fields);
    await checkIntervals(tx, given);

    const id = uuidv7();
    const row = {
      id,
      workspaceId,
      ...pair,
      ...Object.fromEntries(plainFields.map((field) => [columnOf(field), fields.plain[field] ?? null])),
      tfaMethod: factor.method,
      clientEncrypted: clientEncryptedAfter([], fields, factor),
      sessionDataSetAt: browserState.some((field) => fields.sealed[field] != null) ? new Date() : null,
    } satisfies Partial<Prisma.CredentialUncheckedCreateInput>;
    await this.dataKeys.useActive(tx, workspaceId, (key) => {
      const data = { ...row, dataKeyId: key.id, ...sealFields(key, workspaceId, id, fields.sealed) };
      return refusingTakenPair(() => tx.credential.createMany({ data }));
    });
    if (factor.account !== null) await insertOtpSecret(tx, this.dataKeys, workspaceId, factor.account, id);
    if (awaitsMail(factor.method)) await ensureInbox(tx, request, id);
    const details = { fields: Object.keys(given).sort() };
    await recordAudit(tx, request, {
      workspaceId,
      action: 'credential.created',
      resource: { type: 'credential', id },
      details,
    });
    return id;
  }
}
