-- The ingestor's path: a look-up, what the extraction needs to know, one insert. Each is one call and one round trip, and sets the
-- workspace for its own transaction itself; each runs as its caller (no SECURITY DEFINER), so row-level security binds it.

-- What the sweeper looks for is what the vault has not opened yet, whatever the ingestor has decided of it.
DROP INDEX inbound_message_to_open;
CREATE INDEX inbound_message_to_open ON inbound_message (received_at) WHERE processed_at IS NULL;

-- The credential that a message came for: what sharpens the extraction, and its policy.
CREATE FUNCTION read_inbound_credential(p_workspace_id uuid, p_credential_id uuid)
RETURNS TABLE (credential_id uuid, domain text, extraction_hint jsonb, require_auth boolean, allowed_sender_domains text[])
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  RETURN QUERY
  SELECT c.id, c.domain, c.extraction_hint, c.require_auth, c.allowed_sender_domains
  FROM credential AS c
  WHERE c.workspace_id = p_workspace_id AND c.id = p_credential_id;
END $$;
REVOKE ALL ON FUNCTION read_inbound_credential FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_inbound_credential TO otpost_ingestor;

-- The credentials that wait for a code by SMS right now: those whom a message to a number they share may be for.
CREATE FUNCTION read_awaiting_sms(p_workspace_id uuid)
RETURNS TABLE (credential_id uuid, domain text, extraction_hint jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  RETURN QUERY
  SELECT c.id, c.domain, c.extraction_hint
  FROM credential AS c
  WHERE c.workspace_id = p_workspace_id AND c.id IN (
    SELECT h.credential_id FROM challenge AS h
    WHERE h.workspace_id = p_workspace_id AND h.status = 'pending' AND 'sms' = ANY (h.factors)
      AND h.since <= clock_timestamp() AND h.expires_at > clock_timestamp());
END $$;
REVOKE ALL ON FUNCTION read_awaiting_sms FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_awaiting_sms TO otpost_ingestor;

-- Stores a message once: false means that it was here already, and nothing changed. With an audit id, what became of it is audited
-- with it. Several calls in one transaction store all or none, also for several workspaces.
CREATE FUNCTION store_inbound_message(
  p_id uuid, p_workspace_id uuid, p_channel text, p_source text, p_credential_id uuid, p_inbox_id uuid, p_phone_number_id uuid,
  p_dedupe_hmac bytea, p_sender text, p_recipient text, p_original_sender text, p_size_bytes integer, p_content bytea,
  p_extraction bytea, p_vault_key_pair_id uuid, p_auth_results jsonb, p_state text, p_state_reason text, p_received_at timestamptz,
  p_audit_id uuid)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  INSERT INTO inbound_message (
    id, workspace_id, channel, source, credential_id, inbox_id, phone_number_id, dedupe_hmac, sender, recipient, original_sender,
    size_bytes, content, extraction, vault_key_pair_id, auth_results, state, state_reason, received_at)
  VALUES (
    p_id, p_workspace_id, p_channel::message_channel, p_source, p_credential_id, p_inbox_id, p_phone_number_id, p_dedupe_hmac,
    p_sender, p_recipient, p_original_sender, p_size_bytes, p_content, p_extraction, p_vault_key_pair_id, p_auth_results,
    p_state::message_state, p_state_reason, p_received_at)
  ON CONFLICT (workspace_id, dedupe_hmac) DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p_audit_id IS NOT NULL THEN
    INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, details)
    VALUES (p_audit_id, p_workspace_id, 'system', 'ingestor', 'inbound_message.' || p_state, 'inbound_message', p_id::text,
      jsonb_build_object('channel', p_channel, 'source', p_source, 'reason', p_state_reason));
  END IF;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION store_inbound_message FROM PUBLIC;
GRANT EXECUTE ON FUNCTION store_inbound_message TO otpost_ingestor;

-- What the checks of the sender said, where the message was stored before they ended.
CREATE FUNCTION record_auth_results(p_workspace_id uuid, p_id uuid, p_auth_results jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  UPDATE inbound_message SET auth_results = p_auth_results
  WHERE workspace_id = p_workspace_id AND id = p_id AND auth_results IS NULL;
END $$;
REVOKE ALL ON FUNCTION record_auth_results FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_auth_results TO otpost_ingestor;
