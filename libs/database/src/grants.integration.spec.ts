import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Database, OwnerDatabase } from './database.js';
import { appendAudit } from './audit.js';
import { serviceRoles } from './roles.js';
import { insertWorkspace } from './testing/index.js';
import { createTestDatabase } from './testing/index.js';
import type { SeededWorkspace, TestDatabase } from './testing/index.js';

const all = 'DELETE INSERT SELECT UPDATE';
const auditInsert =
  'INSERT(action,actor_id,actor_kind,details,id,ip,request_id,resource_id,resource_type,workspace_id)';

/** What each service may do with whole tables, and where with some columns only. Whoever widens it, does so here too. */
const expected = {
  gateway: { audit_entry: auditInsert, idempotency_record: all, seat: all },
  vault: {
    api_key: all,
    audit_entry: `${auditInsert} SELECT UPDATE(hash,prev_hash,seq)`,
    audit_head: 'INSERT SELECT UPDATE',
    credential: all,
    data_key: 'INSERT SELECT UPDATE',
    event: 'INSERT',
    forwarding_job: 'INSERT(id,inbound_message_id,next_attempt_at,purpose,rule_id,workspace_id)',
    forwarding_rule: 'SELECT(channel,confirmed_at,credential_id,destination,enabled,id,workspace_id)',
    idempotency_record: all,
    inbound_message:
      'SELECT UPDATE(content,credential_id,data_key_id,extraction,processed_at,purged_at,state,state_reason)',
    inbox: all,
    inbox_address: all,
    otp_secret: all,
    phone_number: all,
    received_code: all,
    seat_sign_in: all,
    time_step_lease: all,
    usage_counter: 'SELECT',
    vault_key_pair: 'INSERT SELECT UPDATE',
    webhook_endpoint:
      'SELECT(data_key_id,id,previous_secret,secret,workspace_id) UPDATE(data_key_id,previous_secret,secret)',
    workspace: all,
  },
  ingestor: {
    audit_entry: auditInsert,
    challenge: 'SELECT(credential_id,expires_at,factors,id,since,status,workspace_id)',
    credential: 'SELECT(allowed_sender_domains,domain,extraction_hint,id,require_auth,tfa_method,workspace_id)',
    inbound_message: 'INSERT SELECT UPDATE',
    vault_key_pair: 'SELECT(created_at,id,public_key,state)',
  },
  dispatcher: {
    audit_entry: auditInsert,
    challenge: all,
    credential: 'SELECT(id,workspace_id)',
    delivery: all,
    delivery_attempt: all,
    event: all,
    forwarding_job: all,
    forwarding_rule: all,
    idempotency_record: all,
    seat: 'SELECT(email,first_name,forwarding_number,id,last_name,workspace_id)',
    webhook_endpoint: all,
  },
};

/** The functions that see every workspace, and the one role that may call each. */
const definerFunctions = {
  answered_challenges: 'dispatcher',
  challenges_waiting_for_windows: 'dispatcher',
  claim_received_codes: 'dispatcher',
  claimable_credentials: 'dispatcher',
  due_endpoints: 'dispatcher',
  due_forwarding_jobs: 'dispatcher',
  find_api_key: 'gateway',
  find_challenge_workspace: 'dispatcher',
  find_forwarding_confirmation: 'dispatcher',
  find_inbox: 'ingestor',
  find_phone_number: 'ingestor',
  forget_forwardings: 'dispatcher',
  is_own_phone_number: 'dispatcher',
  messages_to_deposit: 'ingestor',
  overdue_challenges: 'dispatcher',
  place_events: 'dispatcher',
  read_credential_otp_secrets: 'vault',
  read_otp_secrets: 'vault',
  record_attempts: 'dispatcher',
  take_deliveries: 'dispatcher',
  take_hotp_step: 'vault',
  touch_api_keys: 'vault',
  workspaces_with_unsent_events: 'dispatcher',
};

describe('grants', () => {
  let database: TestDatabase;
  let owner: OwnerDatabase;
  let vault: Database;
  let workspace: SeededWorkspace;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec' });
    vault = new Database({ url: database.urls.vault, applicationName: 'spec' });
    workspace = await owner.asSystem((tx) => insertWorkspace(tx));
  });
  afterAll(async () => {
    await vault.close();
    await owner.close();
    await database.drop();
  });

  it('give each service what it needs and no more', async () => {
    for (const [service, role] of Object.entries(serviceRoles)) {
      const { rows } = await owner.pool.query<{ table: string; privileges: string }>(
        `WITH whole AS (
           SELECT table_name, privilege_type FROM information_schema.table_privileges
           WHERE grantee = $1 AND table_schema = 'public'
         ), part AS (
           SELECT table_name, privilege_type, string_agg(column_name, ',' ORDER BY column_name::text COLLATE "C") AS columns
           FROM information_schema.column_privileges c
           WHERE grantee = $1 AND table_schema = 'public'
             AND NOT EXISTS (SELECT FROM whole w WHERE w.table_name = c.table_name AND w.privilege_type = c.privilege_type)
           GROUP BY 1, 2
         )
         SELECT table_name AS table, string_agg(privilege, ' ' ORDER BY privilege COLLATE "C") AS privileges
         FROM (SELECT table_name, privilege_type AS privilege FROM whole
               UNION ALL SELECT table_name, privilege_type || '(' || columns || ')' FROM part) AS both_kinds
         GROUP BY 1`,
        [role],
      );
      const granted = Object.fromEntries(rows.map((row) => [row.table, row.privileges]));
      expect({ service, granted }).toEqual({ service, granted: expected[service as keyof typeof expected] });
    }
  });

  it('give the public nothing: no table, no definer function, no place to create things', async () => {
    const { rows } = await owner.pool.query(
      `SELECT table_name FROM information_schema.table_privileges WHERE grantee = 'PUBLIC' AND table_schema = 'public'`,
    );
    expect(rows).toEqual([]);
    await expect(vault.pool.query('CREATE TABLE mine (id int)')).rejects.toThrow('permission denied for schema public');
    await expect(vault.pool.query('SELECT FROM _prisma_migrations')).rejects.toThrow('permission denied');
  });

  it('let one role call each function that sees every workspace; each has its search path fixed', async () => {
    const { rows } = await owner.pool.query<{ name: string; roles: string[]; fixed: boolean }>(
      `SELECT p.proname::text AS name, ARRAY(SELECT r.rolname::text FROM pg_roles r
           WHERE r.rolname LIKE 'otpost\\_%' AND r.rolname NOT LIKE 'otpost\\_test\\_%' AND has_function_privilege(r.oid, p.oid, 'EXECUTE')) AS roles,
         EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE c = 'search_path=pg_catalog, public, pg_temp') AS fixed
       FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef`,
    );
    const found = Object.fromEntries(rows.map((row) => [row.name, row.roles]));
    expect(found).toEqual(
      Object.fromEntries(Object.entries(definerFunctions).map(([name, service]) => [name, [`otpost_${service}`]])),
    );
    expect(rows.every((row) => row.fixed)).toBe(true);
  });

  describe('of the audit trail', () => {
    const entry = { actorKind: 'service', action: 'spec', resourceType: 'none' };
    const chain = { seq: 1n, prevHash: new Uint8Array(32), hash: new Uint8Array(32) };

    it('let every service append, with the time of the database', async () => {
      for (const service of ['gateway', 'vault', 'ingestor', 'dispatcher'] as const) {
        const db = new Database({ url: database.urls[service], applicationName: 'spec' });
        try {
          await db.withWorkspace(workspace.workspaceId, (tx) =>
            appendAudit(tx, { workspaceId: workspace.workspaceId, ...entry, details: { service } }),
          );
        } finally {
          await db.close();
        }
      }
      const entries = await owner.prisma.auditEntry.findMany({ where: { workspaceId: workspace.workspaceId } });
      expect(entries.map(({ details }) => details)).toEqual(
        expect.arrayContaining([{ service: 'gateway' }, { service: 'ingestor' }]),
      );
      expect(entries.every(({ at }) => Math.abs(at.getTime() - Date.now()) < 60_000)).toBe(true);
    });

    it('let no service delete an entry or change what it says', async () => {
      for (const service of ['gateway', 'vault', 'ingestor', 'dispatcher'] as const) {
        const client = new pg.Client({ connectionString: database.urls[service] });
        await client.connect();
        try {
          await expect(client.query('DELETE FROM audit_entry')).rejects.toThrow('permission denied');
          await expect(client.query('TRUNCATE audit_entry')).rejects.toThrow('permission denied');
          await expect(client.query(`UPDATE audit_entry SET action = 'x'`)).rejects.toThrow('permission denied');
          await expect(client.query(`UPDATE audit_entry SET at = now()`)).rejects.toThrow('permission denied');
        } finally {
          await client.end();
        }
      }
    });

    it('let the vault seal an entry once', async () => {
      const { workspaceId } = workspace;
      const seal = () =>
        vault.withWorkspace(workspaceId, async (tx) => {
          const unsealed = await tx.auditEntry.findFirstOrThrow({ where: { action: 'spec' }, orderBy: { id: 'asc' } });
          return tx.auditEntry.updateMany({ where: { id: unsealed.id }, data: chain });
        });
      expect(await seal()).toEqual({ count: 1 });
      expect(await seal()).toEqual({ count: 0 });
      const unseal = vault.withWorkspace(workspaceId, (tx) =>
        tx.auditEntry.updateMany({ where: { seq: null }, data: { seq: null } }),
      );
      await expect(unseal).rejects.toThrow('row-level security');
    });

    it('outlives its workspace', async () => {
      const gone = await owner.asSystem((tx) => insertWorkspace(tx));
      await vault.withWorkspace(gone.workspaceId, async (tx) => {
        await appendAudit(tx, { workspaceId: gone.workspaceId, ...entry });
        await tx.workspace.delete({ where: { id: gone.workspaceId } });
      });
      expect(await owner.prisma.auditEntry.count({ where: { workspaceId: gone.workspaceId } })).toBe(1);
      expect(await owner.prisma.dataKey.count({ where: { workspaceId: gone.workspaceId } })).toBe(0);
    });
  });
});
