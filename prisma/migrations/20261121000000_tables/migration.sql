-- CreateEnum
CREATE TYPE "key_state" AS ENUM ('active', 'retiring', 'destroyed');

-- CreateEnum
CREATE TYPE "tfa_method" AS ENUM ('AUTHENTICATOR', 'EMAIL', 'SMS', 'MAGIC_LINK');

-- CreateEnum
CREATE TYPE "otp_type" AS ENUM ('totp', 'hotp');

-- CreateEnum
CREATE TYPE "otp_algorithm" AS ENUM ('SHA1', 'SHA256', 'SHA512');

-- CreateEnum
CREATE TYPE "phone_number_mode" AS ENUM ('dedicated', 'shared');

-- CreateEnum
CREATE TYPE "phone_number_status" AS ENUM ('active', 'pending_approval');

-- CreateEnum
CREATE TYPE "code_channel" AS ENUM ('email', 'sms', 'user', 'authenticator');

-- CreateEnum
CREATE TYPE "code_kind" AS ENUM ('code', 'link', 'answer');

-- CreateEnum
CREATE TYPE "message_channel" AS ENUM ('email', 'sms');

-- CreateEnum
CREATE TYPE "message_state" AS ENUM ('received', 'deposited', 'no_code', 'ambiguous', 'refused', 'confirmation');

-- CreateEnum
CREATE TYPE "challenge_status" AS ENUM ('pending', 'resolved', 'expired', 'cancelled', 'failed');

-- CreateEnum
CREATE TYPE "factor" AS ENUM ('authenticator', 'email', 'sms', 'magic_link', 'user');

-- CreateEnum
CREATE TYPE "delivery_state" AS ENUM ('pending', 'delivered', 'failed', 'held', 'dropped');

-- CreateEnum
CREATE TYPE "attempt_trigger" AS ENUM ('schedule', 'retry', 'replay', 'test');

-- CreateEnum
CREATE TYPE "forwarding_kind" AS ENUM ('email', 'sms', 'seat');

-- CreateEnum
CREATE TYPE "forwarding_state" AS ENUM ('pending', 'sent', 'failed', 'dropped');

-- CreateTable
CREATE TABLE "workspace" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "settings" JSONB NOT NULL DEFAULT '{}',
    "client_encryption_key" BYTEA NOT NULL,
    "data_key_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workspace_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "workspace_id" UUID NOT NULL,
    "parent_id" TEXT,
    "name" TEXT NOT NULL,
    "env" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "scopes" TEXT[],
    "rate_limit_per_second" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "data_key" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "kek_id" TEXT NOT NULL,
    "wrapped" BYTEA,
    "state" "key_state" NOT NULL DEFAULT 'active',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),
    "destroyed_at" TIMESTAMPTZ(3),

    CONSTRAINT "data_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "vault_key_pair" (
    "id" UUID NOT NULL,
    "public_key" BYTEA NOT NULL,
    "private_key_wrapped" BYTEA,
    "kek_id" TEXT NOT NULL,
    "state" "key_state" NOT NULL DEFAULT 'active',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),
    "destroyed_at" TIMESTAMPTZ(3),

    CONSTRAINT "vault_key_pair_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credential" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "permissioned_user_id" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "user_alias" TEXT,
    "tfa_method" "tfa_method",
    "data_key_id" UUID NOT NULL,
    "user_name" BYTEA,
    "password" BYTEA,
    "cookies" BYTEA,
    "local_storage" BYTEA,
    "session_storage" BYTEA,
    "headers" BYTEA,
    "proxy" BYTEA,
    "proxy_value" BYTEA,
    "proxy_string" BYTEA,
    "client_encrypted" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "proxy_setting" TEXT,
    "persist_cookies" BOOLEAN,
    "persist_local_storage" BOOLEAN,
    "persist_session_storage" BOOLEAN,
    "cookie_domain_to_store" TEXT,
    "allow_multiple_sessions" BOOLEAN,
    "max_concurrency" INTEGER,
    "prevent_concurrency_during_login" BOOLEAN,
    "expiry_time_from_last_use" TEXT,
    "expiry_time_from_session_data_set" TEXT,
    "location" TEXT,
    "user_agent" TEXT,
    "ip_address" TEXT,
    "user_id" TEXT,
    "session_id" TEXT,
    "skip_csrf_cookies" BOOLEAN,
    "session_data_set_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "effective_expires_at" TIMESTAMPTZ(3),
    "extraction_hint" JSONB,
    "require_auth" BOOLEAN NOT NULL DEFAULT false,
    "allowed_sender_domains" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credential_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "otp_secret" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "credential_id" UUID,
    "type" "otp_type" NOT NULL,
    "label" TEXT NOT NULL,
    "issuer" TEXT,
    "algorithm" "otp_algorithm" NOT NULL DEFAULT 'SHA1',
    "digits" INTEGER NOT NULL DEFAULT 6,
    "period" INTEGER,
    "counter" BIGINT,
    "secret" BYTEA NOT NULL,
    "data_key_id" UUID NOT NULL,
    "seed_fingerprint" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "otp_secret_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "time_step_lease" (
    "fingerprint" BYTEA NOT NULL,
    "step" BIGINT NOT NULL,
    "workspace_id" UUID NOT NULL,
    "challenge_id" UUID,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "time_step_lease_pkey" PRIMARY KEY ("fingerprint","step")
);

-- CreateTable
CREATE TABLE "inbox" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "credential_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbox_address" (
    "local_part" TEXT NOT NULL,
    "workspace_id" UUID NOT NULL,
    "inbox_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "valid_until" TIMESTAMPTZ(3),

    CONSTRAINT "inbox_address_pkey" PRIMARY KEY ("local_part")
);

-- CreateTable
CREATE TABLE "phone_number" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "e164" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "account_sid" TEXT,
    "provider_sid" TEXT,
    "auth_token" BYTEA,
    "mode" "phone_number_mode" NOT NULL,
    "credential_id" UUID,
    "status" "phone_number_status" NOT NULL DEFAULT 'active',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "approved_at" TIMESTAMPTZ(3),

    CONSTRAINT "phone_number_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "received_code" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "credential_id" UUID,
    "inbound_message_id" UUID,
    "channel" "code_channel" NOT NULL,
    "kind" "code_kind" NOT NULL,
    "value" BYTEA,
    "data_key_id" UUID,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "fresh_until" TIMESTAMPTZ(3) NOT NULL,
    "challenge_id" UUID,
    "claimed_at" TIMESTAMPTZ(3),
    "read_by_key_id" TEXT,
    "first_read_at" TIMESTAMPTZ(3),
    "wipe_due_at" TIMESTAMPTZ(3) NOT NULL,
    "wiped_at" TIMESTAMPTZ(3),

    CONSTRAINT "received_code_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT,
    "action" TEXT NOT NULL,
    "resource_type" TEXT NOT NULL,
    "resource_id" TEXT,
    "ip" TEXT,
    "request_id" TEXT,
    "details" JSONB,
    "seq" BIGINT,
    "prev_hash" BYTEA,
    "hash" BYTEA,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "audit_head" (
    "workspace_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_head_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateTable
CREATE TABLE "seat" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "subject" TEXT,
    "account" TEXT,
    "email" TEXT NOT NULL,
    "first_name" TEXT,
    "last_name" TEXT,
    "forwarding_number" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "seat_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "usage_counter" (
    "workspace_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "metric" TEXT NOT NULL,
    "value" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "usage_counter_pkey" PRIMARY KEY ("workspace_id","day","metric")
);

-- CreateTable
CREATE TABLE "idempotency_record" (
    "id" UUID NOT NULL,
    "workspace_id" UUID,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_hmac" BYTEA NOT NULL,
    "status" INTEGER NOT NULL,
    "resource_id" TEXT,
    "once_secret" BYTEA,
    "once_until" TIMESTAMPTZ(3),
    "data_key_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_record_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbound_message" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "channel" "message_channel" NOT NULL,
    "source" TEXT NOT NULL,
    "credential_id" UUID,
    "inbox_id" UUID,
    "phone_number_id" UUID,
    "dedupe_hmac" BYTEA NOT NULL,
    "sender" TEXT,
    "recipient" TEXT NOT NULL,
    "original_sender" TEXT,
    "size_bytes" INTEGER NOT NULL,
    "content" BYTEA,
    "extraction" BYTEA,
    "vault_key_pair_id" UUID NOT NULL,
    "data_key_id" UUID,
    "auth_results" JSONB,
    "state" "message_state" NOT NULL DEFAULT 'received',
    "state_reason" TEXT,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "processed_at" TIMESTAMPTZ(3),
    "purged_at" TIMESTAMPTZ(3),

    CONSTRAINT "inbound_message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "challenge" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "credential_id" UUID,
    "otp_secret_id" UUID,
    "session_id" TEXT NOT NULL,
    "workflow_id" TEXT,
    "current_step" TEXT,
    "message" TEXT,
    "client_id" TEXT,
    "metadata" JSONB,
    "schema" JSONB NOT NULL,
    "seat_ids" UUID[] DEFAULT ARRAY[]::UUID[],
    "factors" "factor"[],
    "factor" "factor",
    "exclusive" BOOLEAN NOT NULL DEFAULT false,
    "min_validity_seconds" INTEGER,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "status" "challenge_status" NOT NULL DEFAULT 'pending',
    "reason" TEXT,
    "opened_by_key_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "received_code_id" UUID,
    "code_valid_until" TIMESTAMPTZ(3),
    "first_delivered_at" TIMESTAMPTZ(3),
    "acknowledged_at" TIMESTAMPTZ(3),

    CONSTRAINT "challenge_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "session_id" TEXT,
    "client_id" TEXT,
    "challenge_id" UUID,
    "payload" JSONB NOT NULL,
    "metadata" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "position" BIGINT,
    "fanned_out_at" TIMESTAMPTZ(3),

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_endpoint" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "events" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "failing_since" TIMESTAMPTZ(3),
    "secret" BYTEA NOT NULL,
    "previous_secret" BYTEA,
    "previous_secret_until" TIMESTAMPTZ(3),
    "data_key_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "state" "delivery_state" NOT NULL DEFAULT 'pending',
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "leased_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery_attempt" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "trigger" "attempt_trigger" NOT NULL DEFAULT 'schedule',
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "success" BOOLEAN NOT NULL,
    "status_code" INTEGER,
    "error" TEXT,
    "response_body" TEXT,

    CONSTRAINT "delivery_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "forwarding_rule" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "credential_id" UUID,
    "channel" "message_channel",
    "kind" "forwarding_kind" NOT NULL,
    "destination" TEXT,
    "seat_id" UUID,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "confirmation_hash" BYTEA,
    "confirmation_sent_at" TIMESTAMPTZ(3),
    "confirmed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "forwarding_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "forwarding_job" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "rule_id" UUID NOT NULL,
    "inbound_message_id" UUID NOT NULL,
    "state" "forwarding_state" NOT NULL DEFAULT 'pending',
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "leased_until" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "forwarding_job_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "api_key_workspace_id_parent_id_idx" ON "api_key"("workspace_id", "parent_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_workspace_id_id_key" ON "api_key"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "data_key_kek_id_idx" ON "data_key"("kek_id");

-- CreateIndex
CREATE UNIQUE INDEX "data_key_workspace_id_id_key" ON "data_key"("workspace_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "data_key_workspace_id_version_key" ON "data_key"("workspace_id", "version");

-- CreateIndex
CREATE INDEX "credential_workspace_id_data_key_id_idx" ON "credential"("workspace_id", "data_key_id");

-- CreateIndex
CREATE UNIQUE INDEX "credential_workspace_id_permissioned_user_id_domain_key" ON "credential"("workspace_id", "permissioned_user_id", "domain");

-- CreateIndex
CREATE UNIQUE INDEX "credential_workspace_id_id_key" ON "credential"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "otp_secret_workspace_id_id_idx" ON "otp_secret"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "otp_secret_workspace_id_data_key_id_idx" ON "otp_secret"("workspace_id", "data_key_id");

-- CreateIndex
CREATE UNIQUE INDEX "otp_secret_workspace_id_credential_id_key" ON "otp_secret"("workspace_id", "credential_id");

-- CreateIndex
CREATE INDEX "time_step_lease_workspace_id_idx" ON "time_step_lease"("workspace_id");

-- CreateIndex
CREATE INDEX "time_step_lease_expires_at_idx" ON "time_step_lease"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "inbox_workspace_id_credential_id_key" ON "inbox"("workspace_id", "credential_id");

-- CreateIndex
CREATE UNIQUE INDEX "inbox_workspace_id_id_key" ON "inbox"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "inbox_address_workspace_id_inbox_id_idx" ON "inbox_address"("workspace_id", "inbox_id");

-- CreateIndex
CREATE UNIQUE INDEX "phone_number_e164_key" ON "phone_number"("e164");

-- CreateIndex
CREATE INDEX "phone_number_workspace_id_id_idx" ON "phone_number"("workspace_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "phone_number_workspace_id_credential_id_key" ON "phone_number"("workspace_id", "credential_id");

-- CreateIndex
CREATE UNIQUE INDEX "received_code_inbound_message_id_key" ON "received_code"("inbound_message_id");

-- CreateIndex
CREATE UNIQUE INDEX "received_code_challenge_id_key" ON "received_code"("challenge_id");

-- CreateIndex
CREATE INDEX "received_code_workspace_id_credential_id_received_at_idx" ON "received_code"("workspace_id", "credential_id", "received_at");

-- CreateIndex
CREATE INDEX "received_code_workspace_id_data_key_id_idx" ON "received_code"("workspace_id", "data_key_id");

-- CreateIndex
CREATE INDEX "seat_workspace_id_id_idx" ON "seat"("workspace_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "seat_workspace_id_subject_key" ON "seat"("workspace_id", "subject");

-- CreateIndex
CREATE INDEX "idempotency_record_expires_at_idx" ON "idempotency_record"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "idempotency_record_workspace_id_route_key_key" ON "idempotency_record"("workspace_id", "route", "key") NULLS NOT DISTINCT;

-- CreateIndex
CREATE INDEX "inbound_message_workspace_id_id_idx" ON "inbound_message"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "inbound_message_workspace_id_credential_id_id_idx" ON "inbound_message"("workspace_id", "credential_id", "id");

-- CreateIndex
CREATE INDEX "inbound_message_workspace_id_data_key_id_idx" ON "inbound_message"("workspace_id", "data_key_id");

-- CreateIndex
CREATE UNIQUE INDEX "inbound_message_workspace_id_dedupe_hmac_key" ON "inbound_message"("workspace_id", "dedupe_hmac");

-- CreateIndex
CREATE UNIQUE INDEX "challenge_received_code_id_key" ON "challenge"("received_code_id");

-- CreateIndex
CREATE INDEX "challenge_workspace_id_id_idx" ON "challenge"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "challenge_workspace_id_session_id_id_idx" ON "challenge"("workspace_id", "session_id", "id");

-- CreateIndex
CREATE INDEX "challenge_workspace_id_status_id_idx" ON "challenge"("workspace_id", "status", "id");

-- CreateIndex
CREATE INDEX "event_workspace_id_session_id_id_idx" ON "event"("workspace_id", "session_id", "id");

-- CreateIndex
CREATE INDEX "event_workspace_id_challenge_id_id_idx" ON "event"("workspace_id", "challenge_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "event_workspace_id_id_key" ON "event"("workspace_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "event_workspace_id_position_key" ON "event"("workspace_id", "position");

-- CreateIndex
CREATE INDEX "webhook_endpoint_workspace_id_data_key_id_idx" ON "webhook_endpoint"("workspace_id", "data_key_id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_endpoint_workspace_id_id_key" ON "webhook_endpoint"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "delivery_workspace_id_event_id_idx" ON "delivery"("workspace_id", "event_id");

-- CreateIndex
CREATE INDEX "delivery_workspace_id_endpoint_id_id_idx" ON "delivery"("workspace_id", "endpoint_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_endpoint_id_event_id_key" ON "delivery"("endpoint_id", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_workspace_id_id_key" ON "delivery"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "delivery_attempt_workspace_id_delivery_id_id_idx" ON "delivery_attempt"("workspace_id", "delivery_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "forwarding_rule_confirmation_hash_key" ON "forwarding_rule"("confirmation_hash");

-- CreateIndex
CREATE INDEX "forwarding_rule_workspace_id_credential_id_idx" ON "forwarding_rule"("workspace_id", "credential_id");

-- CreateIndex
CREATE UNIQUE INDEX "forwarding_rule_workspace_id_id_key" ON "forwarding_rule"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "forwarding_job_workspace_id_rule_id_id_idx" ON "forwarding_job"("workspace_id", "rule_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "forwarding_job_rule_id_inbound_message_id_key" ON "forwarding_job"("rule_id", "inbound_message_id");

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_workspace_id_parent_id_fkey" FOREIGN KEY ("workspace_id", "parent_id") REFERENCES "api_key"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "data_key" ADD CONSTRAINT "data_key_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential" ADD CONSTRAINT "credential_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential" ADD CONSTRAINT "credential_workspace_id_data_key_id_fkey" FOREIGN KEY ("workspace_id", "data_key_id") REFERENCES "data_key"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "otp_secret" ADD CONSTRAINT "otp_secret_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "otp_secret" ADD CONSTRAINT "otp_secret_workspace_id_credential_id_fkey" FOREIGN KEY ("workspace_id", "credential_id") REFERENCES "credential"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "otp_secret" ADD CONSTRAINT "otp_secret_workspace_id_data_key_id_fkey" FOREIGN KEY ("workspace_id", "data_key_id") REFERENCES "data_key"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "time_step_lease" ADD CONSTRAINT "time_step_lease_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbox" ADD CONSTRAINT "inbox_workspace_id_credential_id_fkey" FOREIGN KEY ("workspace_id", "credential_id") REFERENCES "credential"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbox_address" ADD CONSTRAINT "inbox_address_workspace_id_inbox_id_fkey" FOREIGN KEY ("workspace_id", "inbox_id") REFERENCES "inbox"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "phone_number" ADD CONSTRAINT "phone_number_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "phone_number" ADD CONSTRAINT "phone_number_workspace_id_credential_id_fkey" FOREIGN KEY ("workspace_id", "credential_id") REFERENCES "credential"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "received_code" ADD CONSTRAINT "received_code_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "received_code" ADD CONSTRAINT "received_code_workspace_id_credential_id_fkey" FOREIGN KEY ("workspace_id", "credential_id") REFERENCES "credential"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "received_code" ADD CONSTRAINT "received_code_workspace_id_data_key_id_fkey" FOREIGN KEY ("workspace_id", "data_key_id") REFERENCES "data_key"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "seat" ADD CONSTRAINT "seat_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage_counter" ADD CONSTRAINT "usage_counter_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_record" ADD CONSTRAINT "idempotency_record_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_message" ADD CONSTRAINT "inbound_message_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_message" ADD CONSTRAINT "inbound_message_vault_key_pair_id_fkey" FOREIGN KEY ("vault_key_pair_id") REFERENCES "vault_key_pair"("id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inbound_message" ADD CONSTRAINT "inbound_message_workspace_id_data_key_id_fkey" FOREIGN KEY ("workspace_id", "data_key_id") REFERENCES "data_key"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_workspace_id_data_key_id_fkey" FOREIGN KEY ("workspace_id", "data_key_id") REFERENCES "data_key"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_workspace_id_endpoint_id_fkey" FOREIGN KEY ("workspace_id", "endpoint_id") REFERENCES "webhook_endpoint"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_workspace_id_event_id_fkey" FOREIGN KEY ("workspace_id", "event_id") REFERENCES "event"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery_attempt" ADD CONSTRAINT "delivery_attempt_workspace_id_delivery_id_fkey" FOREIGN KEY ("workspace_id", "delivery_id") REFERENCES "delivery"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "forwarding_rule" ADD CONSTRAINT "forwarding_rule_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "forwarding_job" ADD CONSTRAINT "forwarding_job_workspace_id_rule_id_fkey" FOREIGN KEY ("workspace_id", "rule_id") REFERENCES "forwarding_rule"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
