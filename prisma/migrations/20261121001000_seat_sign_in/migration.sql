-- Seats sign in to the console: a password and an authenticator of their own, sealed, and sessions that are theirs.

CREATE TABLE "seat_sign_in" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "scopes" TEXT[],
    "setup_hash" BYTEA,
    "setup_expires_at" TIMESTAMPTZ(3),
    "password" BYTEA,
    "totp_secret" BYTEA,
    "data_key_id" UUID,
    "last_time_step" BIGINT,
    "confirmed_at" TIMESTAMPTZ(3),
    "last_signed_in_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "seat_sign_in_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "seat_sign_in_workspace_id_name_key" ON "seat_sign_in"("workspace_id", "name");
CREATE UNIQUE INDEX "seat_sign_in_workspace_id_id_key" ON "seat_sign_in"("workspace_id", "id");
CREATE INDEX "seat_sign_in_workspace_id_data_key_id_idx" ON "seat_sign_in"("workspace_id", "data_key_id");
ALTER TABLE "seat_sign_in" ADD CONSTRAINT "seat_sign_in_workspace_id_fkey"
  FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "seat_sign_in" ADD CONSTRAINT "seat_sign_in_workspace_id_id_fkey"
  FOREIGN KEY ("workspace_id", "id") REFERENCES "seat"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "seat_sign_in" ADD CONSTRAINT "seat_sign_in_workspace_id_data_key_id_fkey"
  FOREIGN KEY ("workspace_id", "data_key_id") REFERENCES "data_key"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- What proves the seat is there whole or not at all; nobody signs in with what was not confirmed.
ALTER TABLE seat_sign_in
  ADD CONSTRAINT seat_sign_in_name_form CHECK (name = lower(name) AND name <> ''),
  ADD CONSTRAINT seat_sign_in_setup CHECK ((setup_hash IS NULL) = (setup_expires_at IS NULL) AND octet_length(setup_hash) = 32),
  ADD CONSTRAINT seat_sign_in_sealed CHECK (
    (password IS NULL) = (data_key_id IS NULL) AND (totp_secret IS NULL) = (data_key_id IS NULL)),
  ADD CONSTRAINT seat_sign_in_confirmed CHECK (confirmed_at IS NULL OR data_key_id IS NOT NULL);

-- A session of a seat is a key that nobody minted: it goes with the sign-in, and always ends.
ALTER TABLE "api_key" ADD COLUMN "seat_id" UUID;
CREATE INDEX "api_key_workspace_id_seat_id_idx" ON "api_key"("workspace_id", "seat_id");
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_workspace_id_seat_id_fkey"
  FOREIGN KEY ("workspace_id", "seat_id") REFERENCES "seat_sign_in"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE api_key
  ADD CONSTRAINT api_key_session_expires CHECK (seat_id IS NULL OR (expires_at IS NOT NULL AND parent_id IS NULL));

SELECT protect_tenant_table('seat_sign_in');
GRANT SELECT, INSERT, UPDATE, DELETE ON seat_sign_in TO otpost_vault;

-- As before, and: whose session it is.
DROP FUNCTION find_api_key;
CREATE FUNCTION find_api_key(p_key_id text)
RETURNS TABLE (
  workspace_id uuid, parent_id text, seat_id uuid, name text, env text, secret_hash bytea, scopes text[],
  rate_limit_per_second integer, expires_at timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT k.workspace_id, k.parent_id, k.seat_id, k.name, k.env, k.secret_hash, k.scopes,
    coalesce(k.rate_limit_per_second, parent.rate_limit_per_second),
    least(k.expires_at, parent.expires_at), least(k.revoked_at, parent.revoked_at)
  FROM api_key k
  LEFT JOIN api_key parent ON parent.id = k.parent_id AND parent.workspace_id = k.workspace_id
  WHERE k.id = p_key_id
$$;
REVOKE ALL ON FUNCTION find_api_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key TO otpost_gateway;
