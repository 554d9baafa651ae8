-- Forwarding: what is sent to people is one queue of rows, whatever it is about. There were no rules before, so nothing is moved.

CREATE TYPE "forwarding_purpose" AS ENUM ('copy', 'confirmation', 'notice');

-- Rules: a destination is kept for seats too; the link of a confirmation is made from the id of its job, so no hash is kept.
DROP FUNCTION find_forwarding_rule;
ALTER TABLE forwarding_rule DROP CONSTRAINT forwarding_rule_destination;
ALTER TABLE forwarding_rule DROP COLUMN confirmation_hash, ALTER COLUMN destination SET NOT NULL;
ALTER TABLE forwarding_rule ADD CONSTRAINT forwarding_rule_seat CHECK ((kind = 'seat') = (seat_id IS NOT NULL));
CREATE INDEX "forwarding_rule_workspace_id_destination_idx" ON "forwarding_rule"("workspace_id", "destination");

DROP INDEX "seat_workspace_id_id_idx";
CREATE UNIQUE INDEX "seat_workspace_id_id_key" ON "seat"("workspace_id", "id");

-- Who leaves gets nothing more; a credential takes its rules along.
ALTER TABLE "forwarding_rule" ADD CONSTRAINT "forwarding_rule_workspace_id_credential_id_fkey"
  FOREIGN KEY ("workspace_id", "credential_id") REFERENCES "credential"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "forwarding_rule" ADD CONSTRAINT "forwarding_rule_workspace_id_seat_id_fkey"
  FOREIGN KEY ("workspace_id", "seat_id") REFERENCES "seat"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Jobs: also confirmations, and notices of challenges.
ALTER TABLE forwarding_job
  ADD COLUMN purpose forwarding_purpose NOT NULL DEFAULT 'copy',
  ADD COLUMN challenge_id UUID,
  ADD COLUMN seat_id UUID,
  ALTER COLUMN rule_id DROP NOT NULL,
  ALTER COLUMN inbound_message_id DROP NOT NULL;
ALTER TABLE forwarding_job ADD CONSTRAINT forwarding_job_purpose CHECK (
  (rule_id IS NOT NULL) = (purpose IN ('copy', 'confirmation'))
  AND (inbound_message_id IS NOT NULL) = (purpose = 'copy')
  AND (challenge_id IS NOT NULL) = (purpose = 'notice')
  AND (seat_id IS NOT NULL) = (purpose = 'notice'));
CREATE UNIQUE INDEX "forwarding_job_challenge_id_seat_id_key" ON "forwarding_job"("challenge_id", "seat_id");
ALTER TABLE "forwarding_job" ADD CONSTRAINT "forwarding_job_workspace_id_fkey"
  FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "forwarding_job" ADD CONSTRAINT "forwarding_job_workspace_id_seat_id_fkey"
  FOREIGN KEY ("workspace_id", "seat_id") REFERENCES "seat"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Messages whose content is still to be sent on: the vault's purge leaves them.
CREATE INDEX forwarding_job_holds_message ON forwarding_job (inbound_message_id) WHERE state = 'pending';

-- Look-ups ---------------------------------------------------------------------------------------------------------------------

-- The workspace of a confirmation whose link was opened; the link's token is verified first.
CREATE FUNCTION find_forwarding_confirmation(p_job_id uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT j.workspace_id FROM forwarding_job j WHERE j.id = p_job_id AND j.purpose = 'confirmation'
$$;
REVOKE ALL ON FUNCTION find_forwarding_confirmation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_forwarding_confirmation TO otpost_dispatcher;

-- Whether a number is one of this deployment's, whatever its workspace: what is sent there comes back.
CREATE FUNCTION is_own_phone_number(p_e164 text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM phone_number n WHERE n.e164 = p_e164)
$$;
REVOKE ALL ON FUNCTION is_own_phone_number FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_own_phone_number TO otpost_dispatcher;

-- Exceptions to "each table has one owner" -------------------------------------------------------------------------------------

-- A rule names a credential, which must be there.
GRANT SELECT (id, workspace_id) ON credential TO otpost_dispatcher;
-- A deposit and the copies of it that are to be sent are one transaction.
GRANT SELECT (id, workspace_id, credential_id, channel, destination, enabled, confirmed_at) ON forwarding_rule TO otpost_vault;
GRANT INSERT (id, workspace_id, purpose, rule_id, inbound_message_id, next_attempt_at) ON forwarding_job TO otpost_vault;

-- UUIDv7 (RFC 9562, section 5.7) for rows that no app makes: a random version 4 with the milliseconds in front, marked as version 7.
CREATE FUNCTION new_uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT encode(set_bit(set_bit(
    overlay(uuid_send(gen_random_uuid())
      PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid
$$;
REVOKE ALL ON FUNCTION new_uuid_v7 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION new_uuid_v7 TO otpost_vault;

-- As before, and: a copy is queued for each destination that a rule names, once for each. What was refused is not sent on. Where the
-- workspace keeps no content ('purged'), what was sealed is kept all the same until it has been sent.
CREATE OR REPLACE FUNCTION deposit_message(
  p_workspace_id uuid, p_id uuid, p_data_key_id uuid, p_keeping text, p_content bytea, p_extraction bytea, p_state text,
  p_state_reason text, p_code_id uuid, p_code_kind text, p_code_value bytea, p_fresh_until timestamptz, p_event_id uuid,
  p_event_payload jsonb, p_audit_id uuid, p_audit_details jsonb)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_message record;
  v_copies integer := 0;
  v_keeping text := p_keeping;
BEGIN
  PERFORM set_config('otpost.workspace_id', p_workspace_id::text, true);
  SELECT m.channel, m.credential_id, m.received_at, m.state INTO v_message FROM inbound_message AS m
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

  IF coalesce(p_state, v_message.state::text) <> 'refused' THEN
    INSERT INTO forwarding_job (id, workspace_id, purpose, rule_id, inbound_message_id, next_attempt_at)
    SELECT new_uuid_v7(), p_workspace_id, 'copy', wanted.id, p_id, clock_timestamp()
    FROM (
      SELECT DISTINCT ON (r.destination) r.id FROM forwarding_rule AS r
      WHERE r.workspace_id = p_workspace_id AND r.enabled AND r.confirmed_at IS NOT NULL
        AND (r.credential_id IS NULL OR r.credential_id = v_message.credential_id)
        AND (r.channel IS NULL OR r.channel = v_message.channel)
      ORDER BY r.destination, r.credential_id NULLS LAST, r.id) AS wanted;
    GET DIAGNOSTICS v_copies = ROW_COUNT;
  END IF;
  IF p_keeping = 'purged' AND v_copies > 0 THEN
    v_keeping := 'resealed';
  END IF;

  UPDATE inbound_message AS m SET
    content = CASE v_keeping WHEN 'resealed' THEN p_content WHEN 'purged' THEN NULL ELSE m.content END,
    extraction = CASE v_keeping WHEN 'resealed' THEN p_extraction WHEN 'purged' THEN NULL ELSE m.extraction END,
    data_key_id = CASE v_keeping WHEN 'resealed' THEN p_data_key_id ELSE NULL END,
    purged_at = CASE v_keeping WHEN 'purged' THEN clock_timestamp() END,
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
