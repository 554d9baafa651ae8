-- Deposits of the vault, and what is known of a code that is delivered and of a number that is bought.

ALTER TABLE received_code ADD COLUMN delivered_at TIMESTAMPTZ(3);
ALTER TABLE received_code ADD CONSTRAINT received_code_delivered_is_claimed CHECK (delivered_at IS NULL OR challenge_id IS NOT NULL);

ALTER TABLE phone_number ADD COLUMN purchased BOOLEAN NOT NULL DEFAULT false;

-- A deposit is two calls of one round trip each. Both set the workspace for their own transaction, and run as their caller (no
-- SECURITY DEFINER), so row-level security binds them.

-- A message that the vault has not opened yet, with what decides over it. No row: nothing is to do.
CREATE FUNCTION read_undeposited_message(p_workspace_id uuid, p_id uuid)
RETURNS TABLE (
  channel text, state text, state_reason text, credential_id uuid, credential_found boolean, tfa_method text,
  received_at timestamptz, content bytea, extraction bytea, settings jsonb, active_data_key_id uuid)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  RETURN QUERY
  SELECT m.channel::text, m.state::text, m.state_reason, m.credential_id, c.id IS NOT NULL, c.tfa_method::text, m.received_at,
    m.content, m.extraction, w.settings, k.id
  FROM inbound_message AS m
  JOIN workspace AS w ON w.id = m.workspace_id
  JOIN data_key AS k ON k.workspace_id = m.workspace_id AND k.state = 'active'
  LEFT JOIN credential AS c ON c.workspace_id = m.workspace_id AND c.id = m.credential_id
  WHERE m.workspace_id = p_workspace_id AND m.id = p_id AND m.processed_at IS NULL;
END $$;
REVOKE ALL ON FUNCTION read_undeposited_message FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_undeposited_message TO otpost_vault;

-- Writes what became of a message: its content under the workspace's key (or gone, or left as it is), its state, its code, the
-- event and the audit entry; all of it, once. Returns `done`; `already` when somebody was faster; `key_retired` when p_data_key_id
-- is no longer the active key: seal again.
CREATE FUNCTION deposit_message(
  p_workspace_id uuid, p_id uuid, p_data_key_id uuid, p_keeping text, p_content bytea, p_extraction bytea, p_state text,
  p_state_reason text, p_code_id uuid, p_code_kind text, p_code_value bytea, p_fresh_until timestamptz, p_event_id uuid,
  p_event_payload jsonb, p_audit_id uuid, p_audit_details jsonb)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_message record;
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  SELECT m.channel, m.credential_id, m.received_at INTO v_message FROM inbound_message AS m
  WHERE m.workspace_id = p_workspace_id AND m.id = p_id AND m.processed_at IS NULL
  FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'already';
  END IF;
  -- Locked until the end: a rotation that retires the key waits, so nothing gets under a key that it believes unused. Wrapping it
  -- anew is no such change.
  PERFORM FROM data_key AS k WHERE k.workspace_id = p_workspace_id AND k.id = p_data_key_id AND k.state = 'active' FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN 'key_retired';
  END IF;

  UPDATE inbound_message AS m SET
    content = CASE p_keeping WHEN 'resealed' THEN p_content WHEN 'purged' THEN NULL ELSE m.content END,
    extraction = CASE p_keeping WHEN 'resealed' THEN p_extraction WHEN 'purged' THEN NULL ELSE m.extraction END,
    data_key_id = CASE p_keeping WHEN 'resealed' THEN p_data_key_id ELSE NULL END,
    purged_at = CASE p_keeping WHEN 'purged' THEN clock_timestamp() END,
    state = coalesce(p_state::message_state, m.state),
    state_reason = CASE WHEN p_state IS NULL THEN m.state_reason ELSE p_state_reason END,
    processed_at = clock_timestamp()
  WHERE m.id = p_id;

  IF p_code_id IS NOT NULL THEN
    INSERT INTO received_code (
      id, workspace_id, credential_id, inbound_message_id, channel, kind, value, data_key_id, received_at, fresh_until, wipe_due_at,
      wiped_at)
    VALUES (
      p_code_id, p_workspace_id, v_message.credential_id, p_id, v_message.channel::text::code_channel, p_code_kind::code_kind,
      p_code_value, CASE WHEN p_code_value IS NOT NULL THEN p_data_key_id END, v_message.received_at, p_fresh_until, p_fresh_until,
      CASE WHEN p_code_value IS NULL THEN clock_timestamp() END);
  END IF;
  IF p_event_id IS NOT NULL THEN
    INSERT INTO event (id, workspace_id, type, payload) VALUES (p_event_id, p_workspace_id, 'code.received', p_event_payload);
  END IF;
  IF p_audit_id IS NOT NULL THEN
    INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, details)
    VALUES (p_audit_id, p_workspace_id, 'system', 'vault', 'inbound_message.' || p_state, 'inbound_message', p_id::text,
      p_audit_details);
  END IF;
  RETURN 'done';
END $$;
REVOKE ALL ON FUNCTION deposit_message FROM PUBLIC;
GRANT EXECUTE ON FUNCTION deposit_message TO otpost_vault;
