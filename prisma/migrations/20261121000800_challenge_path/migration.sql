-- The way of a code to the agent that waits for it, one round trip a step. Each function sets the workspace for its own transaction, and runs
-- as its caller (no SECURITY DEFINER), so row-level security binds it.

-- A challenge, or nothing.
CREATE FUNCTION read_challenge(p_workspace_id uuid, p_id uuid) RETURNS SETOF challenge
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  RETURN QUERY SELECT c.* FROM challenge AS c WHERE c.id = p_id AND c.workspace_id = p_workspace_id;
END $$;
REVOKE ALL ON FUNCTION read_challenge FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_challenge TO otpost_dispatcher;

-- The key that new values of a workspace are sealed under. What is written under it looks again, and locks it.
CREATE FUNCTION active_data_key_id(p_workspace_id uuid) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  RETURN (SELECT k.id FROM data_key AS k WHERE k.workspace_id = p_workspace_id AND k.state = 'active');
END $$;
REVOKE ALL ON FUNCTION active_data_key_id FROM PUBLIC;
GRANT EXECUTE ON FUNCTION active_data_key_id TO otpost_vault;

-- Keeps a human's answer for its challenge, with its audit entry. `held`: the challenge has a code already, whose id comes back;
-- `key_retired`: p_data_key_id is no longer the active key: seal again.
CREATE FUNCTION deposit_answer(
  p_workspace_id uuid, p_id uuid, p_challenge_id uuid, p_credential_id uuid, p_kind text, p_value bytea, p_data_key_id uuid,
  p_expires_at timestamptz, p_grace interval, p_audit_id uuid, p_actor_kind text, p_actor_id text, p_ip text, p_request_id text)
RETURNS TABLE (outcome text, received_code_id uuid)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  -- Locked until the end, as by every writer under a data key.
  PERFORM FROM data_key AS k WHERE k.workspace_id = p_workspace_id AND k.id = p_data_key_id AND k.state = 'active' FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'key_retired', NULL::uuid;
    RETURN;
  END IF;
  -- The unique key waits for a claim that is under way, and then knows which of the two came first.
  INSERT INTO received_code (
    id, workspace_id, credential_id, channel, kind, value, data_key_id, received_at, fresh_until, challenge_id, claimed_at, wipe_due_at)
  VALUES (
    p_id, p_workspace_id, p_credential_id, 'user', p_kind::code_kind, p_value, p_data_key_id, clock_timestamp(), p_expires_at,
    p_challenge_id, clock_timestamp(), greatest(p_expires_at, clock_timestamp() + p_grace))
  ON CONFLICT (challenge_id) DO NOTHING;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'held', r.id FROM received_code AS r WHERE r.challenge_id = p_challenge_id;
    RETURN;
  END IF;
  INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details)
  VALUES (p_audit_id, p_workspace_id, p_actor_kind, p_actor_id, 'received_code.answered', 'received_code', p_id::text, p_ip, p_request_id,
    jsonb_build_object('challenge_id', p_challenge_id, 'kind', p_kind));
  RETURN QUERY SELECT 'stored', p_id;
END $$;
REVOKE ALL ON FUNCTION deposit_answer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION deposit_answer TO otpost_vault;

-- Gives out the code that a challenge holds, sealed, with its audit entry. The first time sets when it is wiped; one that is due to be wiped
-- is as good as wiped: no row.
CREATE FUNCTION deliver_received_code(
  p_workspace_id uuid, p_challenge_id uuid, p_grace interval, p_audit_id uuid, p_actor_kind text, p_actor_id text, p_ip text,
  p_request_id text)
RETURNS TABLE (id uuid, channel text, kind text, value bytea, data_key_id uuid, received_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  RETURN QUERY
  WITH delivered AS (
    UPDATE received_code AS r SET
      wipe_due_at = CASE WHEN r.delivered_at IS NULL THEN clock_timestamp() + p_grace ELSE r.wipe_due_at END,
      delivered_at = coalesce(r.delivered_at, clock_timestamp())
    WHERE r.workspace_id = p_workspace_id AND r.challenge_id = p_challenge_id AND r.value IS NOT NULL
      AND r.wipe_due_at > clock_timestamp()
    RETURNING r.id, r.channel, r.kind, r.value, r.data_key_id, r.received_at
  ), audited AS (
    INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details)
    SELECT p_audit_id, p_workspace_id, p_actor_kind, p_actor_id, 'received_code.delivered', 'received_code', d.id::text, p_ip,
      p_request_id, jsonb_build_object('challenge_id', p_challenge_id, 'channel', d.channel, 'kind', d.kind)
    FROM delivered AS d
  )
  SELECT d.id, d.channel::text, d.kind::text, d.value, d.data_key_id, d.received_at FROM delivered AS d;
END $$;
REVOKE ALL ON FUNCTION deliver_received_code FROM PUBLIC;
GRANT EXECUTE ON FUNCTION deliver_received_code TO otpost_vault;
