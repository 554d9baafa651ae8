import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../database.js';
import type { Prisma } from '../generated/client.js';

export interface SeededWorkspace {
  workspaceId: string;
  dataKeyId: string;
}

/** A workspace with an active data key; its key bytes are made up. `tx` is the owner's. */
export async function insertWorkspace(
  tx: Transaction,
  workspace: Partial<Prisma.WorkspaceUncheckedCreateInput> = {},
): Promise<SeededWorkspace> {
  const workspaceId = uuidv7();
  const dataKeyId = uuidv7();
  await tx.workspace.create({
    data: { id: workspaceId, name: 'seeded', clientEncryptionKey: new Uint8Array(32), dataKeyId, ...workspace },
  });
  await tx.dataKey.create({
    data: { id: dataKeyId, workspaceId, version: 1, kekId: 'test', wrapped: new Uint8Array(48) },
  });
  return { workspaceId, dataKeyId };
}

/** A credential without secrets; returns its id. */
export async function insertCredential(
  tx: Transaction,
  workspace: SeededWorkspace,
  credential: Partial<Prisma.CredentialUncheckedCreateInput> = {},
): Promise<string> {
  const id = uuidv7();
  await tx.credential.create({
    data: {
      id,
      ...workspace,
      permissionedUserId: `user-${id}`,
      domain: 'example.com',
      ...credential,
    },
  });
  return id;
}

/** A TOTP secret whose sealed bytes are made up; returns its id. */
export async function insertOtpSecret(
  tx: Transaction,
  workspace: SeededWorkspace,
  otpSecret: Partial<Prisma.OtpSecretUncheckedCreateInput> = {},
): Promise<string> {
  const id = uuidv7();
  await tx.otpSecret.create({
    data: {
      id,
      ...workspace,
      type: 'totp',
      label: 'seeded',
      period: 30,
      secret: new Uint8Array([1, 2, 3]),
      seedFingerprint: new Uint8Array(32),
      ...otpSecret,
    },
  });
  return id;
}
