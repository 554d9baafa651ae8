-- What must be found before the workspace is known, and the code path. Each runs as the owner (SECURITY DEFINER, sees all rows),
-- so each answers one narrow question, returns ids and proof material only, and is executable by the one role that asks.

-- Look-ups -------------------------------------------------------------------------------------------------------------------

-- An API key or access token by its key id, with what its parent takes from it: the earlier expiry, the earlier revocation.
CREATE FUNCTION find_api_key(p_key_id text)
RETURNS TABLE (
  workspace_id uuid, parent_id text, name text, env text, secret_hash bytea, scopes text[], rate_limit_per_second integer,
  expires_at timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT k.workspace_id, k.parent_id, k.name, k.env, k.secret_hash, k.scopes,
    coalesce(k.rate_limit_per_second, parent.rate_limit_per_second),
    least(k.expires_at, parent.expires_at), least(k.revoked_at, parent.revoked_at)
  FROM api_key k
  LEFT JOIN api_key parent ON parent.id = k.parent_id AND parent.workspace_id = k.workspace_id
  WHERE k.id = p_key_id
$$;
REVOKE ALL ON FUNCTION find_api_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key TO otpost_gateway;

-- A live inbox by an address's local part (lower case, no plus-tag); an earlier address counts through its grace period.
CREATE FUNCTION find_inbox(p_local_part text)
RETURNS TABLE (inbox_id uuid, workspace_id uuid, credential_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT i.id, i.workspace_id, i.credential_id
  FROM inbox_address a
  JOIN inbox i ON i.id = a.inbox_id
  WHERE a.local_part = p_local_part AND (a.valid_until IS NULL OR a.valid_until > clock_timestamp())
$$;
REVOKE ALL ON FUNCTION find_inbox FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_inbox TO otpost_ingestor;

-- A phone number, with its provider's token as sealed to the hook key.
CREATE FUNCTION find_phone_number(p_e164 text)
RETURNS TABLE (
  phone_number_id uuid, workspace_id uuid, credential_id uuid, mode text, status text, provider text, account_sid text,
  auth_token bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT n.id, n.workspace_id, n.credential_id, n.mode::text, n.status::text, n.provider, n.account_sid, n.auth_token
  FROM phone_number n
  WHERE n.e164 = p_e164
$$;
REVOKE ALL ON FUNCTION find_phone_number FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_phone_number TO otpost_ingestor;

-- The workspace of a challenge, for its hosted page. The page's token has been verified before.
CREATE FUNCTION find_challenge_workspace(p_challenge_id uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.workspace_id FROM challenge c WHERE c.id = p_challenge_id
$$;
REVOKE ALL ON FUNCTION find_challenge_workspace FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_challenge_workspace TO otpost_dispatcher;

-- The forwarding rule that a confirmation link is for, by SHA-256 of the link's token.
CREATE FUNCTION find_forwarding_rule(p_confirmation_hash bytea)
RETURNS TABLE (forwarding_rule_id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT r.id, r.workspace_id FROM forwarding_rule r WHERE r.confirmation_hash = p_confirmation_hash
$$;
REVOKE ALL ON FUNCTION find_forwarding_rule FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_forwarding_rule TO otpost_dispatcher;

-- Last use of many keys of any workspaces at once. Never goes back in time.
CREATE FUNCTION touch_api_keys(p_key_ids text[], p_used_at timestamptz[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE api_key k SET last_used_at = greatest(k.last_used_at, used.at)
  FROM (SELECT id, max(at) AS at FROM unnest(p_key_ids, p_used_at) AS u (id, at) GROUP BY id) AS used
  WHERE k.id = used.id
$$;
REVOKE ALL ON FUNCTION touch_api_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION touch_api_keys TO otpost_vault;

-- The code path --------------------------------------------------------------------------------------------------------------

-- One call for a batch of reads: element n of every array is read n. A row comes back for each secret found in its workspace
-- (another workspace's is not found), with `ordinal` = n, 1-based; and for each TOTP one an audit entry is inserted, durable when
-- the call returns. A HOTP row comes back without one: nothing is handed out for it here.
CREATE FUNCTION read_otp_secrets(
  p_audit_ids uuid[], p_workspace_ids uuid[], p_secret_ids uuid[], p_actor_kinds text[], p_actor_ids text[], p_ips text[],
  p_request_ids text[])
RETURNS TABLE (
  ordinal integer, otp_secret_id uuid, credential_id uuid, type text, algorithm text, digits integer, period integer, secret bytea,
  data_key_id uuid, seed_fingerprint bytea, exclusive_time_steps boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH found AS MATERIALIZED (
    SELECT r.*, s.*, w.settings @> '{"exclusive_time_steps": true}' AS exclusive_time_steps
    FROM unnest(p_audit_ids, p_workspace_ids, p_secret_ids, p_actor_kinds, p_actor_ids, p_ips, p_request_ids) WITH ORDINALITY
      AS r (audit_id, of_workspace_id, secret_id, actor_kind, actor_id, ip, request_id, n)
    -- LATERAL with LIMIT, and no sequential scans: one index read each, whatever the planner believes of the tables.
    CROSS JOIN LATERAL (SELECT * FROM otp_secret WHERE id = r.secret_id AND workspace_id = r.of_workspace_id LIMIT 1) AS s
    CROSS JOIN LATERAL (SELECT settings FROM workspace WHERE id = r.of_workspace_id LIMIT 1) AS w
  ), audited AS (
    INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id)
    SELECT audit_id, of_workspace_id, actor_kind, actor_id, 'otp_secret.code_read', 'otp_secret', secret_id::text, ip, request_id
    FROM found WHERE type = 'totp'
  )
  SELECT n::integer, secret_id, credential_id, type::text, algorithm::text, digits, period, secret, data_key_id, seed_fingerprint,
    exclusive_time_steps
  FROM found;
END $$;
REVOKE ALL ON FUNCTION read_otp_secrets FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_otp_secrets TO otpost_vault;

-- The same by the pair of a credential: permissioned user and normalised domain. A row comes back for each credential found;
-- its OTP secret's columns are null unless its method is AUTHENTICATOR.
CREATE FUNCTION read_credential_otp_secrets(
  p_audit_ids uuid[], p_workspace_ids uuid[], p_permissioned_user_ids text[], p_domains text[], p_actor_kinds text[],
  p_actor_ids text[], p_ips text[], p_request_ids text[])
RETURNS TABLE (
  ordinal integer, credential_id uuid, tfa_method text, otp_secret_id uuid, type text, algorithm text, digits integer,
  period integer, secret bytea, data_key_id uuid, seed_fingerprint bytea, exclusive_time_steps boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH found AS MATERIALIZED (
    SELECT r.*, c.id AS credential_id, c.tfa_method, s.id AS secret_id, s.type, s.algorithm, s.digits, s.period, s.secret,
      s.data_key_id, s.seed_fingerprint, w.settings @> '{"exclusive_time_steps": true}' AS exclusive_time_steps
    FROM unnest(p_audit_ids, p_workspace_ids, p_permissioned_user_ids, p_domains, p_actor_kinds, p_actor_ids, p_ips, p_request_ids)
      WITH ORDINALITY AS r (audit_id, of_workspace_id, of_user_id, of_domain, actor_kind, actor_id, ip, request_id, n)
    CROSS JOIN LATERAL (
      SELECT id, tfa_method FROM credential
      WHERE workspace_id = r.of_workspace_id AND permissioned_user_id = r.of_user_id AND domain = r.of_domain LIMIT 1) AS c
    LEFT JOIN LATERAL (
      SELECT * FROM otp_secret
      WHERE c.tfa_method = 'AUTHENTICATOR' AND workspace_id = r.of_workspace_id AND credential_id = c.id LIMIT 1) AS s ON true
    CROSS JOIN LATERAL (SELECT settings FROM workspace WHERE id = r.of_workspace_id LIMIT 1) AS w
  ), audited AS (
    INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id)
    SELECT audit_id, of_workspace_id, actor_kind, actor_id, 'credential.code_read', 'credential', credential_id::text, ip, request_id
    FROM found WHERE type = 'totp'
  )
  SELECT n::integer, credential_id, tfa_method::text, secret_id, type::text, algorithm::text, digits, period, secret, data_key_id,
    seed_fingerprint, exclusive_time_steps
  FROM found;
END $$;
REVOKE ALL ON FUNCTION read_credential_otp_secrets FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_credential_otp_secrets TO otpost_vault;

-- Use once -------------------------------------------------------------------------------------------------------------------

-- Gives the unclaimed e-mail and SMS codes of a credential to its pending challenges, as far as they fit, and resolves those.
-- The one way in which an inbound code becomes a challenge's. Runs inside the caller's transaction, with its workspace, so that the
-- events are written with it; returns the pairs made, no code. Safe to call at any time and by many at once: when a code was
-- deposited, when a challenge opened, or from a sweeper.
--   A code fits a challenge that takes its factor and whose `since` is not after its arrival, while it is fresh and unread.
--   The oldest challenge is served first. With more codes than challenges the newest are used.
--   Time is looked at under the challenge's row lock: an expired or cancelled one never gets a code.
CREATE FUNCTION claim_received_codes(p_credential_id uuid)
RETURNS TABLE (challenge_id uuid, received_code_id uuid, factor text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_workspace_id uuid := current_workspace_id();
  v_open integer;
  v_claimed integer;
  v_code record;
  v_challenge record;
BEGIN
  IF v_workspace_id IS NULL THEN
    RAISE EXCEPTION 'claim_received_codes needs the workspace to be set';
  END IF;
  -- One claimer per credential at a time: a second one must see what the first one took.
  PERFORM pg_advisory_xact_lock(hashtextextended('claim_received_codes ' || p_credential_id, 0));
  LOOP
    v_claimed := 0;
    SELECT count(*) INTO v_open FROM challenge AS c
    WHERE c.workspace_id = v_workspace_id AND c.credential_id = p_credential_id AND c.status = 'pending'
      AND c.expires_at > clock_timestamp();

    FOR v_code IN
      SELECT newest.* FROM (
        SELECT r.id, r.received_at, f.factor
        FROM received_code AS r
        CROSS JOIN LATERAL (
          SELECT CASE WHEN r.kind = 'link' THEN 'magic_link' ELSE r.channel::text END::factor AS factor) AS f
        WHERE r.workspace_id = v_workspace_id AND r.credential_id = p_credential_id AND r.channel IN ('email', 'sms')
          AND r.challenge_id IS NULL AND r.first_read_at IS NULL AND r.wiped_at IS NULL AND r.fresh_until > clock_timestamp()
          AND EXISTS (
            SELECT FROM challenge AS c
            WHERE c.workspace_id = v_workspace_id AND c.credential_id = p_credential_id AND c.status = 'pending'
              AND f.factor = ANY (c.factors) AND c.since <= r.received_at)
        ORDER BY r.received_at DESC, r.id DESC
        LIMIT v_open
      ) AS newest
      ORDER BY newest.received_at, newest.id
    LOOP
      -- Both rows are looked at again under their locks: a reader may have taken the code, a canceller the challenge.
      PERFORM FROM received_code AS r
      WHERE r.id = v_code.id AND r.challenge_id IS NULL AND r.first_read_at IS NULL AND r.wiped_at IS NULL
      FOR UPDATE;
      CONTINUE WHEN NOT FOUND;

      FOR v_challenge IN
        SELECT c.id, c.expires_at FROM challenge AS c
        WHERE c.workspace_id = v_workspace_id AND c.credential_id = p_credential_id AND c.status = 'pending'
          AND v_code.factor = ANY (c.factors) AND c.since <= v_code.received_at
          AND NOT EXISTS (SELECT FROM received_code AS taken WHERE taken.challenge_id = c.id)
        ORDER BY c.id
        FOR UPDATE OF c
      LOOP
        CONTINUE WHEN v_challenge.expires_at <= clock_timestamp();

        UPDATE challenge AS c
        SET status = 'resolved', factor = v_code.factor, received_code_id = v_code.id, ended_at = clock_timestamp()
        WHERE c.id = v_challenge.id;
        UPDATE received_code AS r
        SET challenge_id = v_challenge.id, claimed_at = clock_timestamp(),
          wipe_due_at = greatest(v_challenge.expires_at, clock_timestamp() + interval '60 seconds')
        WHERE r.id = v_code.id;

        v_claimed := v_claimed + 1;
        challenge_id := v_challenge.id;
        received_code_id := v_code.id;
        factor := v_code.factor::text;
        RETURN NEXT;
        EXIT;
      END LOOP;
    END LOOP;

    EXIT WHEN v_claimed = 0;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION claim_received_codes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_received_codes TO otpost_dispatcher;
