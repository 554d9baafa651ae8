import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, OwnerDatabase, type Transaction } from '@otpost/database';
import { createTestDatabase } from '@otpost/database/testing';
import { createKeyringFile, LocalKeyring, openText, seal, type KeyEncryption } from '@otpost/envelope';
import { v7 as uuidv7 } from 'uuid';
import { DataKeys } from '../data-keys.js';
import { placeOf, sealedTables, type SealedTable } from '../sealed-columns.js';

/** A database, a keyring and vaults that share them: each with connections, keyring and key cache of its own. */
export type KeyWorld = Awaited<ReturnType<typeof openKeyWorld>>;

export interface Vault {
  database: Database;
  owner: OwnerDatabase;
  keyring: KeyEncryption;
  dataKeys: DataKeys;
}

export async function openKeyWorld() {
  const testDatabase = await createTestDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'otpost-keys-'));
  const keyringFile = join(directory, 'keyring.json');
  createKeyringFile(keyringFile);
  const vaults: Vault[] = [];

  /** Keeps no key in memory, unless told to: every read asks the database and the keyring. */
  function startVault(cacheSeconds = 0, keyring: KeyEncryption = LocalKeyring.open(keyringFile)): Vault {
    const database = new Database({ url: testDatabase.urls.vault, applicationName: 'spec' });
    const owner = new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec (owner)' });
    const vault = { database, owner, keyring, dataKeys: new DataKeys(owner, keyring, cacheSeconds) };
    vaults.push(vault);
    return vault;
  }

  return {
    ...startVault(300),
    ownerUrl: testDatabase.ownerUrl,
    keyringFile,
    startVault,
    close: async () => {
      for (const { database, owner } of vaults) {
        await database.close();
        await owner.close();
      }
      await testDatabase.drop();
      rmSync(directory, { recursive: true });
    },
  };
}

/**
 * A workspace with a value in every sealed column there is (but those of a seat's sign-in, which needs a seat and has a spec of its own),
 * in `rows` rows of each table. Every value is `secretOf` its place.
 */
export async function makeWorkspace({ owner, dataKeys }: Vault, rows = 1): Promise<string> {
  const workspaceId = uuidv7();
  let keyId = '';
  await owner.asSystem(async (tx) => {
    const settings = {};
    await tx.workspace.create({
      data: { id: workspaceId, name: 'spec', settings, clientEncryptionKey: new Uint8Array(), dataKeyId: workspaceId },
    });
    keyId = await dataKeys.create(tx, workspaceId, 1);
    const clientEncryptionKey = await sealed(
      tx,
      dataKeys,
      workspaceId,
      'workspace',
      workspaceId,
      'client_encryption_key',
    );
    await tx.workspace.update({ where: { id: workspaceId }, data: { clientEncryptionKey, dataKeyId: keyId } });
  });
  dataKeys.settled(keyId);
  for (let row = 0; row < rows; row += 1) await owner.asSystem((tx) => insertRows(tx, dataKeys, workspaceId));
  return workspaceId;
}

/** One OTP secret more, as the vault writes one. */
export async function insertOtpSecret(tx: Transaction, dataKeys: DataKeys, workspaceId: string): Promise<string> {
  const id = uuidv7();
  await dataKeys.useActive(tx, workspaceId, async (key) => {
    const secret = seal(key, secretOf('otp_secret', id, 'secret'), {
      workspaceId,
      table: 'otp_secret',
      rowId: id,
      column: 'secret',
    });
    await tx.otpSecret.create({
      data: {
        id,
        workspaceId,
        type: 'totp',
        label: 'spec',
        period: 30,
        secret,
        dataKeyId: key.id,
        seedFingerprint: new Uint8Array(32),
      },
    });
  });
  return id;
}

/** What a column of a row holds in the clear. */
export function secretOf(table: string, rowId: string, column: string): string {
  return `secret of ${table} ${rowId} ${column}`;
}

interface SealedRow {
  row_id: string;
  data_key_id: string;
  [column: string]: unknown;
}

/**
 * Reads every sealed value of a workspace the way the services do: the row first, then the key that it names.
 *
 * @returns how many values were opened, and under which keys
 * @throws when one does not open, or is another text than was sealed
 */
export async function readEverything(
  vault: Vault,
  workspaceId: string,
): Promise<{ values: number; keyIds: Set<string> }> {
  const read = { values: 0, keyIds: new Set<string>() };
  for (const table of sealedTables) {
    for (const row of await rowsOf(vault.owner, table, workspaceId)) {
      read.keyIds.add(row.data_key_id);
      for (const column of table.columns) {
        const value = row[column];
        if (!(value instanceof Uint8Array)) continue;
        const place = placeOf(table, workspaceId, row.row_id, column);
        const text = await vault.dataKeys.use(workspaceId, row.data_key_id, (key) => openText(key, value, place));
        if (text.reveal() !== secretOf(table.table, row.row_id, column))
          throw new Error(`${table.table}.${column} opened as another`);
        read.values += 1;
      }
    }
  }
  return read;
}

async function rowsOf(owner: OwnerDatabase, table: SealedTable, workspaceId: string): Promise<SealedRow[]> {
  const { rows } = await owner.pool.query<SealedRow>(
    `SELECT ${table.rowIdColumn}::text AS row_id, data_key_id, ${table.columns.join(', ')} FROM ${table.table}
     WHERE data_key_id IN (SELECT id FROM data_key WHERE workspace_id = $1)`,
    [workspaceId],
  );
  return rows;
}

async function insertRows(tx: Transaction, dataKeys: DataKeys, workspaceId: string): Promise<void> {
  await insertOtpSecret(tx, dataKeys, workspaceId);
  const { id: keyPairId } = await keyPairOf(tx);
  await dataKeys.useActive(tx, workspaceId, async (key) => {
    const inKey = { workspaceId, dataKeyId: key.id };
    const of = (table: string, id: string) => (column: string) =>
      seal(key, secretOf(table, id, column), { workspaceId, table, rowId: id, column });

    const credentialId = uuidv7();
    const credential = of('credential', credentialId);
    await tx.credential.create({
      data: {
        id: credentialId,
        ...inKey,
        permissionedUserId: credentialId,
        domain: 'example.com',
        userName: credential('user_name'),
        password: credential('password'),
        cookies: credential('cookies'),
        localStorage: credential('local_storage'),
        sessionStorage: credential('session_storage'),
        headers: credential('headers'),
        proxy: credential('proxy'),
        proxyValue: credential('proxy_value'),
      },
    });
    const codeId = uuidv7();
    const now = new Date();
    await tx.receivedCode.create({
      data: {
        id: codeId,
        ...inKey,
        channel: 'email',
        kind: 'code',
        value: of('received_code', codeId)('value'),
        receivedAt: now,
        freshUntil: now,
        wipeDueAt: now,
      },
    });
    const messageId = uuidv7();
    const message = of('inbound_message', messageId);
    await tx.inboundMessage.create({
      data: {
        id: messageId,
        ...inKey,
        channel: 'email',
        source: 'spec',
        dedupeHmac: Buffer.from(messageId),
        recipient: 'spec',
        sizeBytes: 1,
        content: message('content'),
        extraction: message('extraction'),
        vaultKeyPairId: keyPairId,
      },
    });
    const endpointId = uuidv7();
    const endpoint = of('webhook_endpoint', endpointId);
    await tx.webhookEndpoint.create({
      data: {
        id: endpointId,
        ...inKey,
        url: 'https://example.com',
        secret: endpoint('secret'),
        previousSecret: endpoint('previous_secret'),
        previousSecretUntil: now,
      },
    });
    for (const recordOf of [workspaceId, null]) {
      const resourceId = uuidv7();
      await tx.idempotencyRecord.create({
        data: {
          id: uuidv7(),
          workspaceId: recordOf,
          route: 'POST /spec',
          key: resourceId,
          bodyHmac: new Uint8Array(32),
          status: 201,
          resourceId,
          onceSecret: of('idempotency_record', resourceId)('once_secret'),
          onceUntil: now,
          dataKeyId: key.id,
          expiresAt: now,
        },
      });
    }
  });
}

/** Messages name the pair they came under, also when they no longer are. */
async function keyPairOf(tx: Transaction): Promise<{ id: string }> {
  const active = await tx.vaultKeyPair.findFirst({ where: { state: 'active' } });
  return (
    active ??
    tx.vaultKeyPair.create({ data: { id: uuidv7(), publicKey: new Uint8Array(65), kekId: 'none', state: 'destroyed' } })
  );
}

async function sealed(
  tx: Transaction,
  dataKeys: DataKeys,
  workspaceId: string,
  table: string,
  rowId: string,
  column: string,
) {
  return dataKeys.useActive(tx, workspaceId, (key) =>
    seal(key, secretOf(table, rowId, column), { workspaceId, table, rowId, column }),
  );
}
