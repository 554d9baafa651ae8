import type { Scope, SeatSignInView } from '@otpost/contracts';
import type { SeatSignIn } from '@otpost/database';
import { open, openText, seal, type Secret } from '@otpost/envelope';
import type { DataKeys } from '../keys/data-keys.js';
import type { Transaction } from '@otpost/database';

/** What proves a seat, in the clear. Zero the seed after use. */
export interface Proof {
  passwordHash: string;
  seed: Uint8Array;
}

/** Both columns under one key, which the caller's transaction holds until its end. */
export async function sealProof(
  tx: Transaction,
  dataKeys: DataKeys,
  { id, workspaceId }: Pick<SeatSignIn, 'id' | 'workspaceId'>,
  { passwordHash, seed }: Proof,
) {
  return dataKeys.useActive(tx, workspaceId, (key) => ({
    password: seal(key, passwordHash, placeOf(workspaceId, id, 'password')),
    totpSecret: seal(key, seed, placeOf(workspaceId, id, 'totp_secret')),
    dataKeyId: key.id,
  }));
}

/** Null: nothing was set up. */
export async function openProof(dataKeys: DataKeys, row: SeatSignIn): Promise<Proof | null> {
  const { id, workspaceId, password, totpSecret, dataKeyId } = row;
  if (password === null || totpSecret === null || dataKeyId === null) return null;
  return dataKeys.use(workspaceId, dataKeyId, (key) => ({
    passwordHash: (openText(key, password, placeOf(workspaceId, id, 'password')) satisfies Secret).reveal(),
    seed: open(key, totpSecret, placeOf(workspaceId, id, 'totp_secret')).reveal(),
  }));
}

export function viewOfSeatSignIn(row: SeatSignIn, nowMs: number): SeatSignInView {
  const isOut = row.setupExpiresAt !== null && row.setupExpiresAt.getTime() > nowMs;
  return {
    seat_id: row.id,
    name: row.name,
    scopes: row.scopes as Scope[],
    status: row.confirmedAt === null ? 'invited' : 'ready',
    setup_expires_at: isOut ? (row.setupExpiresAt?.toISOString() ?? null) : null,
    last_signed_in_at: row.lastSignedInAt?.toISOString() ?? null,
  };
}

function placeOf(workspaceId: string, rowId: string, column: 'password' | 'totp_secret') {
  return { workspaceId, table: 'seat_sign_in', rowId, column };
}
