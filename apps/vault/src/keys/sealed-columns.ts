import type { Place } from '@otpost/envelope';

/** A table with values sealed under data keys. `data_key_id` of a row is the key that all of its sealed columns are under. */
export interface SealedTable {
  table: string;
  columns: readonly string[];
  /** Column with the workspace's id; null where it may be empty, and rows are found by their key alone. */
  workspaceColumn: string | null;
  /** Column with what the values' place calls the row. */
  rowIdColumn: string;
}

/**
 * Every column that is sealed under a data key. Rotation re-encrypts these and no others, and a test holds the list against the schema:
 * whoever adds a bytea column to a table with a `data_key_id` adds it here, or to `unsealedColumns`.
 */
export const sealedTables: readonly SealedTable[] = [
  { table: 'workspace', columns: ['client_encryption_key'], workspaceColumn: 'id', rowIdColumn: 'id' },
  {
    table: 'credential',
    columns: [
      'user_name',
      'password',
      'cookies',
      'local_storage',
      'session_storage',
      'headers',
      'proxy',
      'proxy_value',
      'proxy_string',
    ],
    workspaceColumn: 'workspace_id',
    rowIdColumn: 'id',
  },
  { table: 'otp_secret', columns: ['secret'], workspaceColumn: 'workspace_id', rowIdColumn: 'id' },
  { table: 'received_code', columns: ['value'], workspaceColumn: 'workspace_id', rowIdColumn: 'id' },
  // Sealed to the vault's key pair, and not meant here, while data_key_id is null.
  { table: 'inbound_message', columns: ['content', 'extraction'], workspaceColumn: 'workspace_id', rowIdColumn: 'id' },
  {
    table: 'webhook_endpoint',
    columns: ['secret', 'previous_secret'],
    workspaceColumn: 'workspace_id',
    rowIdColumn: 'id',
  },
  { table: 'seat_sign_in', columns: ['password', 'totp_secret'], workspaceColumn: 'workspace_id', rowIdColumn: 'id' },
  // Of a call with the root key there is no workspace_id, and what is sealed is sealed for the resource it made.
  { table: 'idempotency_record', columns: ['once_secret'], workspaceColumn: null, rowIdColumn: 'resource_id' },
];

/** Bytes beside a `data_key_id` that are not sealed under it. */
export const unsealedColumns: readonly string[] = [
  'otp_secret.seed_fingerprint',
  'idempotency_record.body_hmac',
  'inbound_message.dedupe_hmac',
  'seat_sign_in.setup_hash',
];

/** Where a value of one of these columns is sealed to. */
export function placeOf({ table }: SealedTable, workspaceId: string, rowId: string, column: string): Place {
  return { workspaceId, table, rowId, column };
}
