import { Inject, Injectable } from '@nestjs/common';
import {
  createOtpSecret,
  fieldError,
  importOtpSecrets,
  notFound,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Secret } from '@otpost/envelope';
import {
  decodeSecret,
  encodeSecret,
  generateSecret,
  mergeMigrationParts,
  OTP_DEFAULTS,
  parseMigrationUri,
  parseOtpauthUri,
  type Migration,
  type OtpAccount,
} from '@otpost/otp';
import { recordAudit } from '../audit/record-audit.js';
import { createOnce } from '../idempotency/create-once.js';
import { DataKeys } from '../keys/data-keys.js';
import { insertOtpSecret, refusing, viewOfOtpSecret } from './otp-secret-rows.js';

const nothing: Migration = { accounts: [], unsupported: [], missing: [] };

type NewOtpSecret = RequestOf<typeof createOtpSecret>['otp_secret'];

/** Stores OTP secrets: one that a client sends or asks to be made, or all of an authenticator app's export. */
@Injectable()
export class CreateOtpSecret {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  async one(request: RequestOf<typeof createOtpSecret>): Promise<ResponseOf<typeof createOtpSecret>> {
    const { workspace_id: workspaceId, idempotency } = request;
    const account = accountOf(request.otp_secret);
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const created = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 201,
        create: async () => {
          const id = await insertOtpSecret(tx, this.dataKeys, workspaceId, account);
          const resource = { type: 'otp_secret', id };
          await recordAudit(tx, request, {
            workspaceId,
            action: 'otp_secret.created',
            resource,
            details: { type: account.type },
          });
          return { resourceId: id, shownOnce: new Secret(encodeSecret(account.secret)) };
        },
      });
      const row = await tx.otpSecret.findUnique({ where: { id: created.resourceId } });
      if (row === null) throw notFound('OTP secret');
      return { otp_secret: { ...viewOfOtpSecret(row), secret: created.shownOnce }, status: created.status };
    });
  }

  /** The account of each link, and all of one export, in one transaction; those of it that otpost cannot hold are named with the reason. */
  async import(request: RequestOf<typeof importOtpSecrets>): Promise<ResponseOf<typeof importOtpSecrets>> {
    const { workspace_id: workspaceId, idempotency, uris } = request;
    const links = uris.filter((uri) => /^otpauth:/i.test(uri.reveal()));
    const parts = uris.filter((uri) => !links.includes(uri));
    const linked = links.map((uri) => accountOfUri(uri));
    const migration =
      parts.length === 0
        ? nothing
        : refusing(() => mergeMigrationParts(parts.map((uri) => parseMigrationUri(uri.reveal()))), 'uri');
    if (migration.missing.length > 0) {
      const numbers = migration.missing.map((index) => index + 1).join(', ');
      throw fieldError('uris', `the export has more QR codes than were sent: missing number ${numbers}`);
    }
    const skipped = migration.unsupported.map(({ label, error }, index) => ({
      index,
      label: label ?? '',
      reason: error.message,
    }));
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const created = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 201,
        create: async () => {
          const ids: string[] = [];
          for (const account of [...linked, ...migration.accounts]) {
            const id = await insertOtpSecret(tx, this.dataKeys, workspaceId, account);
            const resource = { type: 'otp_secret', id };
            await recordAudit(tx, request, {
              workspaceId,
              action: 'otp_secret.imported',
              resource,
              details: { type: account.type },
            });
            ids.push(id);
          }
          return { resourceId: ids.join(','), shownOnce: null };
        },
      });
      const ids = created.resourceId === '' ? [] : created.resourceId.split(',');
      const rows = await tx.otpSecret.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } });
      return { items: rows.map(viewOfOtpSecret), skipped, status: created.status };
    });
  }
}

/** What a client said, as an account: `uri` overrides all; without a secret one is made. */
function accountOf(given: NewOtpSecret): OtpAccount {
  if (given.uri !== undefined) return accountOfUri(given.uri, given.type);
  if (given.label === undefined) throw fieldError('label', 'required, unless uri is given');
  const text = given.secret;
  const parameters = {
    label: given.label,
    issuer: given.issuer ?? null,
    secret: text === undefined ? generateSecret() : refusing(() => decodeSecret(text.reveal()), 'secret'),
    algorithm: given.algorithm ?? OTP_DEFAULTS.algorithm,
    digits: given.digits ?? OTP_DEFAULTS.digits,
  };
  if (given.type === 'hotp') {
    if (given.period !== undefined) throw fieldError('period', 'a HOTP secret has no period');
    return { type: 'hotp', ...parameters, counter: given.counter ?? 0 };
  }
  if (given.counter !== undefined) throw fieldError('counter', 'a TOTP secret has no counter');
  return { type: 'totp', ...parameters, periodSeconds: given.period ?? OTP_DEFAULTS.periodSeconds };
}

/** @param type what it has to be, where that was said */
function accountOfUri(uri: Secret, type?: 'totp' | 'hotp'): OtpAccount {
  const account = refusing(() => parseOtpauthUri(uri.reveal()), 'uri');
  if (type !== undefined && account.type !== type)
    throw fieldError('uri', `is of a ${account.type.toUpperCase()} secret, not ${type.toUpperCase()}`);
  assertServable(account, 'uri');
  return account;
}

/** What the API hands out: 6 or 8 digits, periods of 1 to 300 seconds. */
export function assertServable(account: OtpAccount, field: string): void {
  if (account.digits !== 6 && account.digits !== 8) throw fieldError(field, 'digits must be 6 or 8');
  if (account.type === 'totp' && account.periodSeconds > 300)
    throw fieldError(field, 'period must be 1 to 300 seconds');
}
