-- What schema.prisma cannot say: which rows are possible, and the indices over part of a table.

-- Rows that may exist --------------------------------------------------------------------------------------------------------

ALTER TABLE workspace
  ADD CONSTRAINT workspace_settings_object CHECK (jsonb_typeof(settings) = 'object');

ALTER TABLE api_key
  ADD CONSTRAINT api_key_id_form CHECK (id ~ '^[a-z0-9]+$'),
  ADD CONSTRAINT api_key_env_form CHECK (env ~ '^[a-z0-9]+$'),
  ADD CONSTRAINT api_key_secret_hash_sha256 CHECK (octet_length(secret_hash) = 32),
  ADD CONSTRAINT api_key_rate_limit_positive CHECK (rate_limit_per_second > 0),
  ADD CONSTRAINT api_key_access_token_expires CHECK (parent_id IS NULL OR expires_at IS NOT NULL);

ALTER TABLE data_key
  ADD CONSTRAINT data_key_destroyed_is_gone CHECK ((state = 'destroyed') = (wrapped IS NULL));
ALTER TABLE vault_key_pair
  ADD CONSTRAINT vault_key_pair_destroyed_is_gone CHECK ((state = 'destroyed') = (private_key_wrapped IS NULL));

ALTER TABLE otp_secret
  ADD CONSTRAINT otp_secret_digits_range CHECK (digits BETWEEN 4 AND 10),
  ADD CONSTRAINT otp_secret_moving_factor CHECK (
    CASE type
      WHEN 'totp' THEN period BETWEEN 1 AND 300 AND counter IS NULL
      ELSE counter >= 0 AND period IS NULL
    END IS TRUE);

ALTER TABLE inbox_address
  ADD CONSTRAINT inbox_address_lower_case CHECK (local_part = lower(local_part) AND local_part <> '');

ALTER TABLE phone_number
  ADD CONSTRAINT phone_number_e164_form CHECK (e164 ~ '^\+[1-9][0-9]{1,14}$'),
  ADD CONSTRAINT phone_number_shared_has_no_credential CHECK (mode = 'dedicated' OR credential_id IS NULL);

ALTER TABLE received_code
  ADD CONSTRAINT received_code_wiped_is_gone CHECK ((value IS NULL) = (wiped_at IS NOT NULL)),
  ADD CONSTRAINT received_code_sealed_has_key CHECK (value IS NULL OR data_key_id IS NOT NULL),
  ADD CONSTRAINT received_code_claim_complete CHECK ((challenge_id IS NULL) = (claimed_at IS NULL)),
  ADD CONSTRAINT received_code_read_complete CHECK ((read_by_key_id IS NULL) = (first_read_at IS NULL)),
  ADD CONSTRAINT received_code_used_once CHECK (challenge_id IS NULL OR read_by_key_id IS NULL);

ALTER TABLE audit_entry
  ADD CONSTRAINT audit_entry_sealed_complete CHECK (num_nulls(seq, prev_hash, hash) IN (0, 3)),
  ADD CONSTRAINT audit_entry_hash_sha256 CHECK (octet_length(hash) = 32 AND octet_length(prev_hash) = 32);

ALTER TABLE idempotency_record
  ADD CONSTRAINT idempotency_record_once_complete CHECK ((once_secret IS NULL) = (once_until IS NULL));

ALTER TABLE inbound_message
  ADD CONSTRAINT inbound_message_purged_is_gone CHECK (purged_at IS NULL OR (content IS NULL AND extraction IS NULL)),
  ADD CONSTRAINT inbound_message_size CHECK (size_bytes >= 0);

ALTER TABLE challenge
  ADD CONSTRAINT challenge_ended_complete CHECK ((status = 'pending') = (ended_at IS NULL)),
  ADD CONSTRAINT challenge_factors_given CHECK (cardinality(factors) > 0);

ALTER TABLE webhook_endpoint
  ADD CONSTRAINT webhook_endpoint_previous_complete CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL));

ALTER TABLE delivery
  ADD CONSTRAINT delivery_pending_has_time CHECK (state <> 'pending' OR next_attempt_at IS NOT NULL);

ALTER TABLE delivery_attempt
  ADD CONSTRAINT delivery_attempt_response_kept_short CHECK (octet_length(response_body) <= 1024);

ALTER TABLE forwarding_rule
  ADD CONSTRAINT forwarding_rule_destination CHECK (
    CASE kind WHEN 'seat' THEN seat_id IS NOT NULL AND destination IS NULL ELSE destination IS NOT NULL AND seat_id IS NULL END);

ALTER TABLE forwarding_job
  ADD CONSTRAINT forwarding_job_pending_has_time CHECK (state <> 'pending' OR next_attempt_at IS NOT NULL);

-- Unique among some rows -----------------------------------------------------------------------------------------------------

CREATE UNIQUE INDEX data_key_one_active ON data_key (workspace_id) WHERE state = 'active';
CREATE UNIQUE INDEX vault_key_pair_one_active ON vault_key_pair (state) WHERE state = 'active';
CREATE UNIQUE INDEX inbox_address_one_current ON inbox_address (inbox_id) WHERE valid_until IS NULL;
CREATE UNIQUE INDEX audit_entry_seq ON audit_entry (workspace_id, seq) WHERE seq IS NOT NULL;

-- What sweepers and hot paths look for: small, since done rows leave them -----------------------------------------------------

CREATE INDEX api_key_expiring_tokens ON api_key (expires_at) WHERE parent_id IS NOT NULL;
CREATE INDEX inbox_address_retiring ON inbox_address (valid_until) WHERE valid_until IS NOT NULL;
CREATE INDEX received_code_to_wipe ON received_code (wipe_due_at) WHERE wiped_at IS NULL;
CREATE INDEX audit_entry_unsealed ON audit_entry (workspace_id, id) WHERE seq IS NULL;
CREATE INDEX data_key_retiring ON data_key (workspace_id) WHERE state = 'retiring';
CREATE INDEX idempotency_record_once ON idempotency_record (data_key_id) WHERE data_key_id IS NOT NULL;
CREATE INDEX inbound_message_to_open ON inbound_message (received_at) WHERE state = 'received';
CREATE INDEX inbound_message_to_purge ON inbound_message (workspace_id, received_at) WHERE purged_at IS NULL;
CREATE INDEX challenge_pending_expiry ON challenge (expires_at) WHERE status = 'pending';
CREATE INDEX challenge_pending_of_credential ON challenge (workspace_id, credential_id, id) WHERE status = 'pending';
CREATE INDEX event_to_fan_out ON event (created_at) WHERE fanned_out_at IS NULL;
CREATE INDEX delivery_due ON delivery (next_attempt_at) WHERE state = 'pending';
CREATE INDEX delivery_due_of_endpoint ON delivery (endpoint_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX forwarding_job_due ON forwarding_job (next_attempt_at) WHERE state = 'pending';

CREATE INDEX seat_email ON seat (workspace_id, lower(email));

-- A credential's expiry ------------------------------------------------------------------------------------------------------

-- Interval arithmetic is PostgreSQL's own ('1 mon' is a calendar month, in UTC), so it is done here; text that is no interval
-- raises 22007 (invalid_datetime_format).
CREATE FUNCTION credential_set_effective_expiry() RETURNS trigger
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
BEGIN
  NEW.effective_expires_at := least(
    NEW.last_used_at + NEW.expiry_time_from_last_use::interval,
    NEW.session_data_set_at + NEW.expiry_time_from_session_data_set::interval);
  RETURN NEW;
END $$;

CREATE TRIGGER credential_effective_expiry
BEFORE INSERT OR UPDATE OF last_used_at, session_data_set_at, expiry_time_from_last_use, expiry_time_from_session_data_set,
  effective_expires_at ON credential
FOR EACH ROW EXECUTE FUNCTION credential_set_effective_expiry();
