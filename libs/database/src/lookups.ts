import type { QueryResultRow } from 'pg';
import type { Transaction } from './database.js';

/** What a look-up needs of a `pg` pool or client. */
export interface Queryable {
  query<Row extends QueryResultRow>(query: { name: string; text: string; values: unknown[] }): Promise<{ rows: Row[] }>;
}

export interface ApiKeyRecord {
  workspaceId: string;
  /** Of an access token: the key it was minted with. */
  parentId: string | null;
  /** Of a session in the console: the seat that signed in. */
  seatId: string | null;
  name: string;
  env: string;
  /** SHA-256 of the secret part. */
  secretHash: Buffer;
  scopes: string[];
  /** Null: the deployment's default. */
  rateLimitPerSecond: number | null;
  /** The earlier of its own and its parent's. */
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** An API key or access token by key id, whatever its workspace. For the gateway's role. */
export async function findApiKey(db: Queryable, keyId: string): Promise<ApiKeyRecord | undefined> {
  const { rows } = await db.query<ApiKeyRecord>({
    name: 'find_api_key',
    text: `SELECT workspace_id AS "workspaceId", parent_id AS "parentId", seat_id AS "seatId", name, env,
             secret_hash AS "secretHash", scopes, rate_limit_per_second AS "rateLimitPerSecond", expires_at AS "expiresAt", revoked_at AS "revokedAt"
           FROM find_api_key($1)`,
    values: [keyId],
  });
  return rows[0];
}

export interface InboxRecord {
  inboxId: string;
  workspaceId: string;
  credentialId: string;
}

/** A live inbox by local part (lower case, no plus-tag), whatever its workspace. For the ingestor's role. */
export async function findInbox(db: Queryable, localPart: string): Promise<InboxRecord | undefined> {
  const { rows } = await db.query<InboxRecord>({
    name: 'find_inbox',
    text: `SELECT inbox_id AS "inboxId", workspace_id AS "workspaceId", credential_id AS "credentialId" FROM find_inbox($1)`,
    values: [localPart],
  });
  return rows[0];
}

export interface PhoneNumberRecord {
  phoneNumberId: string;
  workspaceId: string;
  credentialId: string | null;
  mode: 'dedicated' | 'shared';
  status: 'active' | 'pending_approval';
  provider: string;
  accountSid: string | null;
  /** Sealed to the hook key; null: the deployment's token. */
  authToken: Buffer | null;
}

/** A phone number by its E.164 form, whatever its workspace. For the ingestor's role. */
export async function findPhoneNumber(db: Queryable, e164: string): Promise<PhoneNumberRecord | undefined> {
  const { rows } = await db.query<PhoneNumberRecord>({
    name: 'find_phone_number',
    text: `SELECT phone_number_id AS "phoneNumberId", workspace_id AS "workspaceId", credential_id AS "credentialId", mode, status,
             provider, account_sid AS "accountSid", auth_token AS "authToken"
           FROM find_phone_number($1)`,
    values: [e164],
  });
  return rows[0];
}

/** The workspace of a challenge whose hosted page is asked for; verify the page's token first. For the dispatcher's role. */
export async function findChallengeWorkspace(db: Queryable, challengeId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ workspaceId: string | null }>({
    name: 'find_challenge_workspace',
    text: `SELECT find_challenge_workspace($1) AS "workspaceId"`,
    values: [challengeId],
  });
  return rows[0]?.workspaceId ?? undefined;
}

/** The workspace of a forwarding confirmation (its job's id) whose link was opened; verify the link's token first. For the dispatcher's role. */
export async function findForwardingConfirmation(db: Queryable, jobId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ workspaceId: string | null }>({
    name: 'find_forwarding_confirmation',
    text: `SELECT find_forwarding_confirmation($1) AS "workspaceId"`,
    values: [jobId],
  });
  return rows[0]?.workspaceId ?? undefined;
}

/** Whether an E.164 number is one of this deployment's, whatever its workspace. For the dispatcher's role. */
export async function isOwnPhoneNumber(db: Queryable, e164: string): Promise<boolean> {
  const { rows } = await db.query<{ own: boolean }>({
    name: 'is_own_phone_number',
    text: 'SELECT is_own_phone_number($1) AS own',
    values: [e164],
  });
  return rows[0]?.own === true;
}

/** Notes the last use of many keys, of any workspaces, in one statement; a time earlier than the known one changes nothing. For the vault's role. */
export async function touchApiKeys(db: Queryable, uses: readonly { keyId: string; usedAt: Date }[]): Promise<void> {
  await db.query({
    name: 'touch_api_keys',
    text: 'SELECT touch_api_keys($1::text[], $2::timestamptz[])',
    values: [uses.map((use) => use.keyId), uses.map((use) => use.usedAt)],
  });
}

export interface ClaimedCode {
  challengeId: string;
  receivedCodeId: string;
  factor: 'email' | 'sms' | 'magic_link';
}

/**
 * Gives the credential's unclaimed codes to its pending challenges and resolves those, oldest challenge first; returns what was
 * paired, without any code. Call it in the transaction that writes the events, with the workspace set, whenever a code was
 * deposited or a challenge opened: it is safe at any time and by many at once. For the dispatcher's role.
 */
export async function claimReceivedCodes(tx: Transaction, credentialId: string): Promise<ClaimedCode[]> {
  return tx.$queryRaw<ClaimedCode[]>`
    SELECT challenge_id AS "challengeId", received_code_id AS "receivedCodeId", factor
    FROM claim_received_codes(${credentialId}::uuid)`;
}
