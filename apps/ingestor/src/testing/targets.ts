import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { OwnerDatabase, Prisma } from '@otpost/database';
import { insertCredential, type SeededWorkspace } from '@otpost/database/testing';
import { sealWithHookKey } from '@otpost/envelope';
import { hookKey, inboxDomain } from './test-ingestor.js';

type CredentialFields = Partial<Prisma.CredentialUncheckedCreateInput>;

/** A credential with an inbox; `address` is its current one. */
export async function givenInbox(owner: OwnerDatabase, workspace: SeededWorkspace, fields: CredentialFields = {}) {
  const { workspaceId } = workspace;
  const localPart = randomBytes(8).toString('hex');
  return owner.asSystem(async (tx) => {
    const credentialId = await insertCredential(tx, workspace, { tfaMethod: 'EMAIL', ...fields });
    const inboxId = uuidv7();
    await tx.inbox.create({ data: { id: inboxId, workspaceId, credentialId } });
    await tx.inboxAddress.create({ data: { localPart, workspaceId, inboxId } });
    return { credentialId, inboxId, localPart, address: `${localPart}@${inboxDomain}` };
  });
}

/** A number of Twilio's, with a token of its own where one is given. */
export async function givenNumber(
  owner: OwnerDatabase,
  { workspaceId }: SeededWorkspace,
  options: { credentialId?: string; authToken?: string; status?: 'active' | 'pending_approval' } = {},
) {
  const id = uuidv7();
  const e164 = `+1555${String(randomBytes(4).readUInt32BE() % 10_000_000).padStart(7, '0')}`;
  const place = { workspaceId, table: 'phone_number', rowId: id, column: 'auth_token' };
  await owner.asSystem((tx) =>
    tx.phoneNumber.create({
      data: {
        id,
        workspaceId,
        e164,
        provider: 'twilio',
        mode: options.credentialId === undefined ? 'shared' : 'dedicated',
        credentialId: options.credentialId ?? null,
        status: options.status ?? 'active',
        authToken: options.authToken === undefined ? null : sealWithHookKey(hookKey, options.authToken, place),
      },
    }),
  );
  return { id, e164 };
}

/** An open challenge of the credential, for a code by SMS. */
export async function givenSmsChallenge(owner: OwnerDatabase, { workspaceId }: SeededWorkspace, credentialId: string) {
  await owner.asSystem((tx) =>
    tx.challenge.create({
      data: {
        id: uuidv7(),
        workspaceId,
        credentialId,
        sessionId: 'session',
        schema: {},
        factors: ['sms'],
        since: new Date(Date.now() - 10_000),
        expiresAt: new Date(Date.now() + 300_000),
      },
    }),
  );
}
