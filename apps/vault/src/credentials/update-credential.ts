import { Inject, Injectable } from '@nestjs/common';
import {
  clearBrowserState,
  fieldError,
  updateCredential,
  type CredentialChange,
  type CredentialView,
  type RequestOf,
  type ResponseOf,
  type WorkspaceCaller,
} from '@otpost/contracts';
import { Database, type Prisma, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { awaitsMail, ensureInbox } from '../inboxes/ensure-inbox.js';
import { DataKeys } from '../keys/data-keys.js';
import { insertOtpSecret } from '../otp-secrets/otp-secret-rows.js';
import { clientEncryptionKeyOf } from '../workspaces/client-encryption-key.js';
import { changesOf, type Changes } from './changes.js';
import { domainOf, pairOf, userIdOf, type GivenCredential, type Pair } from './credential-fields.js';
import {
  clientEncryptedAfter,
  lockCredential,
  maskedFields,
  openFields,
  openSecondFactor,
  refusingTakenPair,
  sealFields,
  type CredentialRow,
  type SealedTexts,
} from './credential-rows.js';
import { checkIntervals } from './intervals.js';
import { ReadCredential } from './read-credential.js';
import { readGiven } from './read-given.js';
import { isSameAccount, settleSecondFactor } from './second-factor.js';

interface Wanted {
  by: { id: string } | Pair;
  /** What of the pair is to change. */
  pair: Partial<Pair>;
  given: GivenCredential;
  action: string;
}

/** Changes vault entries: only what was sent, and of that only what differs. */
@Injectable()
export class UpdateCredential {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(ReadCredential) private readonly readCredential: ReadCredential,
  ) {}

  /** @throws AppError `not_found`; `already_exists` when the changed pair is another entry's; `validation_failed` naming the field */
  async run(request: RequestOf<typeof updateCredential>): Promise<CredentialView> {
    const { workspace_id: workspaceId, change } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const id = await this.#change(tx, request, { ...namedBy(change), action: 'credential.updated' });
      return this.readCredential.view(tx, workspaceId, id);
    });
  }

  async clearBrowserState(request: RequestOf<typeof clearBrowserState>): Promise<ResponseOf<typeof clearBrowserState>> {
    const given = { cookies: null, local_storage: null, session_storage: null };
    const wanted = { by: pairOf(request.pair), pair: {}, given, action: 'credential.browser_state_cleared' };
    await this.database.withWorkspace(request.workspace_id, (tx) => this.#change(tx, request, wanted));
    return {};
  }

  async #change(tx: Transaction, request: WorkspaceCaller, { by, pair, given, action }: Wanted): Promise<string> {
    const { workspace_id: workspaceId } = request;
    const row = await lockCredential(tx, workspaceId, by);
    const fields = readGiven(await clientEncryptionKeyOf(tx, this.dataKeys, workspaceId), given, maskedFields(row));
    await checkIntervals(tx, given);
    const storedFactor = await openSecondFactor(this.dataKeys, row);
    try {
      const factor = settleSecondFactor(storedFactor, fields);
      const texts = await openFields(this.dataKeys, row);
      const clientEncrypted = clientEncryptedAfter(row.clientEncrypted, fields, factor);
      const changes = changesOf({ row, texts, factor: storedFactor }, { pair, fields, factor, clientEncrypted });
      if (changes.names.length === 0) return row.id;
      await this.#write(tx, row, changes, texts);
      if (!isSameAccount(storedFactor.account, factor.account)) {
        await tx.otpSecret.deleteMany({ where: { credentialId: row.id } });
        if (factor.account !== null) await insertOtpSecret(tx, this.dataKeys, workspaceId, factor.account, row.id);
      }
      if (awaitsMail(factor.method)) await ensureInbox(tx, request, row.id);
      const resource = { type: 'credential', id: row.id };
      await recordAudit(tx, request, { workspaceId, action, resource, details: { fields: changes.names } });
      return row.id;
    } finally {
      storedFactor.account?.secret.fill(0);
    }
  }

  /** All sealed columns of a row are under one key: when that is no longer the active one, the others move along. */
  async #write(tx: Transaction, row: CredentialRow, { columns, texts }: Changes, present: SealedTexts): Promise<void> {
    const { id, workspaceId } = row;
    const write = (data: Prisma.CredentialUncheckedUpdateManyInput) =>
      refusingTakenPair(() =>
        tx.credential.updateMany({ where: { id }, data: { ...columns, ...data, updatedAt: new Date() } }),
      );
    if (Object.keys(texts).length === 0) return void (await write({}));
    await this.dataKeys.useActive(tx, workspaceId, (key) => {
      const toSeal = key.id === row.dataKeyId ? texts : { ...present, ...texts };
      return write({ dataKeyId: key.id, ...sealFields(key, workspaceId, id, toSeal) });
    });
  }
}

/** With an id, a pair that is sent too is the new one. */
function namedBy(change: CredentialChange): Omit<Wanted, 'action'> {
  const { id, permissioned_user_id, domain, ...given } = change;
  if (id === undefined) {
    if (permissioned_user_id === undefined) throw fieldError('permissioned_user_id', 'required, unless id is given');
    if (domain === undefined) throw fieldError('domain', 'required, unless id is given');
    return { by: pairOf({ permissioned_user_id, domain }), pair: {}, given };
  }
  const pair = {
    ...(permissioned_user_id === undefined ? {} : { permissionedUserId: userIdOf(permissioned_user_id) }),
    ...(domain === undefined ? {} : { domain: domainOf(domain) }),
  };
  return { by: { id }, pair, given };
}
