export { appendAudit } from './audit.js';
export type { AuditRecord } from './audit.js';
export { readCredentialOtpSecrets, readOtpSecrets } from './code-reads.js';
export type { CredentialRead, CredentialRow, OtpSecretRead, OtpSecretRow, Reader } from './code-reads.js';
export { Database, OwnerDatabase, setWorkspace } from './database.js';
export type { DatabaseOptions, Transaction, TransactionOptions } from './database.js';
export { orUnavailable } from './unavailable.js';
export { appendEvent } from './events.js';
export type { EventOptions } from './events.js';
export { runIdempotently, sweepIdempotencyRecords } from './idempotency.js';
export type { IdempotentOutcome, IdempotentRequest, IdempotentResult } from './idempotency.js';
export {
  claimReceivedCodes,
  findApiKey,
  findChallengeWorkspace,
  findForwardingConfirmation,
  findInbox,
  findPhoneNumber,
  isOwnPhoneNumber,
  touchApiKeys,
} from './lookups.js';
export type { ApiKeyRecord, ClaimedCode, InboxRecord, PhoneNumberRecord, Queryable } from './lookups.js';
export { migrate, MigrationError } from './migrate.js';
export type { MigrateOptions } from './migrate.js';
export { ensureRoles, serviceRoles } from './roles.js';
export type { ServiceRole } from './roles.js';
export {
  AttemptTrigger,
  ChallengeStatus,
  CodeChannel,
  CodeKind,
  DeliveryState,
  Factor,
  ForwardingKind,
  ForwardingPurpose,
  ForwardingState,
  KeyState,
  MessageChannel,
  MessageState,
  OtpAlgorithm,
  OtpType,
  PhoneNumberMode,
  PhoneNumberStatus,
  Prisma,
  PrismaClient,
  TfaMethod,
} from './generated/client.js';
export type {
  ApiKey,
  AuditEntry,
  AuditHead,
  Challenge,
  Credential,
  DataKey,
  Delivery,
  DeliveryAttempt,
  Event,
  ForwardingJob,
  ForwardingRule,
  IdempotencyRecord,
  Inbox,
  InboxAddress,
  InboundMessage,
  OtpSecret,
  PhoneNumber,
  ReceivedCode,
  Seat,
  SeatSignIn,
  TimeStepLease,
  UsageCounter,
  VaultKeyPair,
  WebhookEndpoint,
  Workspace,
} from './generated/client.js';
