-- Who may touch what. One role per service, least grants, and row-level security on every tenant table, forced so that it binds
-- the tables' owner too: the owner has a policy of its own that shows it all rows. Works without superuser and without BYPASSRLS.

-- Roles are the cluster's, not the database's. Here they only come to exist (they cannot log in yet); the migration runner
-- gives them their passwords.
DO $$
DECLARE
  v_role text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['otpost_gateway', 'otpost_vault', 'otpost_ingestor', 'otpost_dispatcher'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I', v_role);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- made meanwhile for another database of this cluster
      END;
    END IF;
  END LOOP;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO otpost_gateway, otpost_vault, otpost_ingestor, otpost_dispatcher;

-- Row-level security ---------------------------------------------------------------------------------------------------------

-- The workspace of the transaction: set_config('otpost.workspace_id', <id>, true). Unset, or reset to '' by the end of an earlier
-- transaction of the session: null, which equals nothing.
CREATE FUNCTION current_workspace_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('otpost.workspace_id', true), '')::uuid;

-- For this migration and later ones: every table with a workspace_id goes through it (a test looks).
CREATE FUNCTION protect_tenant_table(p_table regclass, p_workspace_column name DEFAULT 'workspace_id') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', p_table);
  EXECUTE format(
    'CREATE POLICY tenant ON %s TO otpost_gateway, otpost_vault, otpost_ingestor, otpost_dispatcher '
    'USING (%I = current_workspace_id()) WITH CHECK (%I = current_workspace_id())',
    p_table, p_workspace_column, p_workspace_column);
END $$;
REVOKE ALL ON FUNCTION protect_tenant_table FROM PUBLIC;

SELECT protect_tenant_table('workspace', 'id');
SELECT protect_tenant_table('api_key');
SELECT protect_tenant_table('data_key');
SELECT protect_tenant_table('credential');
SELECT protect_tenant_table('otp_secret');
SELECT protect_tenant_table('time_step_lease');
SELECT protect_tenant_table('inbox');
SELECT protect_tenant_table('inbox_address');
SELECT protect_tenant_table('phone_number');
SELECT protect_tenant_table('received_code');
SELECT protect_tenant_table('audit_entry');
SELECT protect_tenant_table('audit_head');
SELECT protect_tenant_table('seat');
SELECT protect_tenant_table('usage_counter');
SELECT protect_tenant_table('idempotency_record');
SELECT protect_tenant_table('inbound_message');
SELECT protect_tenant_table('challenge');
SELECT protect_tenant_table('event');
SELECT protect_tenant_table('webhook_endpoint');
SELECT protect_tenant_table('delivery');
SELECT protect_tenant_table('delivery_attempt');
SELECT protect_tenant_table('forwarding_rule');
SELECT protect_tenant_table('forwarding_job');

-- Calls with the root key name no workspace; what they make is the vault's.
CREATE POLICY root ON idempotency_record TO otpost_vault USING (workspace_id IS NULL) WITH CHECK (workspace_id IS NULL);

-- A sealed audit entry can no longer be reached by an update.
CREATE POLICY unsealed_only ON audit_entry AS RESTRICTIVE FOR UPDATE TO otpost_vault USING (seq IS NULL) WITH CHECK (seq IS NOT NULL);

-- Grants: the owner of a table ------------------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON seat, idempotency_record TO otpost_gateway;

GRANT SELECT, INSERT, UPDATE, DELETE ON
  workspace, api_key, credential, otp_secret, time_step_lease, inbox, inbox_address, phone_number, received_code, idempotency_record
  TO otpost_vault;
-- Keys and the audit chain are ended by a state, never by a delete (a workspace's keys go with its row).
GRANT SELECT, INSERT, UPDATE ON data_key, vault_key_pair, audit_head TO otpost_vault;
-- Counted by the sealer, with the owner's role.
GRANT SELECT ON usage_counter TO otpost_vault;

GRANT SELECT, INSERT, UPDATE ON inbound_message TO otpost_ingestor;

GRANT SELECT, INSERT, UPDATE, DELETE ON
  challenge, event, webhook_endpoint, delivery, delivery_attempt, forwarding_rule, forwarding_job, idempotency_record
  TO otpost_dispatcher;

-- Grants: the audit trail -----------------------------------------------------------------------------------------------------

-- Anybody appends, with the database's time; only the vault reads, and fills in the chain.
GRANT INSERT (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details)
  ON audit_entry TO otpost_gateway, otpost_vault, otpost_ingestor, otpost_dispatcher;
GRANT SELECT, UPDATE (seq, prev_hash, hash) ON audit_entry TO otpost_vault;

-- Grants: exceptions to "each table has one owner" ----------------------------------------------------------------------------

-- The ingestor makes no RPC, so it reads what it needs to seal, to sharpen the extraction and to attribute a message.
GRANT SELECT (id, public_key, state, created_at) ON vault_key_pair TO otpost_ingestor;
GRANT SELECT (id, workspace_id, domain, tfa_method, extraction_hint, require_auth, allowed_sender_domains)
  ON credential TO otpost_ingestor;
GRANT SELECT (id, workspace_id, credential_id, status, factors, since, expires_at) ON challenge TO otpost_ingestor;

-- The vault opens what the ingestor stored, puts it under the workspace's key and says what became of it.
GRANT SELECT, UPDATE (credential_id, content, extraction, data_key_id, state, state_reason, processed_at, purged_at)
  ON inbound_message TO otpost_vault;
-- A deposit and its code.received are one transaction.
GRANT INSERT ON event TO otpost_vault;
-- Key rotation re-seals the signing secrets.
GRANT SELECT (id, workspace_id, secret, previous_secret, data_key_id), UPDATE (secret, previous_secret, data_key_id)
  ON webhook_endpoint TO otpost_vault;

-- Seats named on a challenge or a forwarding rule are written to.
GRANT SELECT (id, workspace_id, email, first_name, last_name, forwarding_number) ON seat TO otpost_dispatcher;
