-- One counter step of a HOTP secret with its audit entry, in one statement of one transaction: row locks hand the steps out one by
-- one, and no step is taken without its entry. Nothing comes back when this workspace has no such HOTP secret, or its counter is at
-- its end (2^53 - 1, the greatest whole number that JSON carries exactly).
CREATE FUNCTION take_hotp_step(
  p_audit_id uuid, p_workspace_id uuid, p_secret_id uuid, p_actor_kind text, p_actor_id text, p_ip text, p_request_id text)
RETURNS TABLE (counter bigint, algorithm text, digits integer, secret bytea, data_key_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH step AS (
    UPDATE otp_secret s SET counter = s.counter + 1, updated_at = clock_timestamp()
    WHERE s.id = p_secret_id AND s.workspace_id = p_workspace_id AND s.type = 'hotp' AND s.counter < 9007199254740991
    RETURNING s.counter - 1 AS taken, s.algorithm::text AS algorithm, s.digits, s.secret, s.data_key_id
  ), audited AS (
    INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details)
    SELECT p_audit_id, p_workspace_id, p_actor_kind, p_actor_id, 'otp_secret.code_read', 'otp_secret', p_secret_id::text, p_ip,
      p_request_id, jsonb_build_object('counter', taken)
    FROM step
  )
  SELECT taken, algorithm, digits, secret, data_key_id FROM step
$$;
REVOKE ALL ON FUNCTION take_hotp_step FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_hotp_step TO otpost_vault;
