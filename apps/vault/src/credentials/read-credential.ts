import { Inject, Injectable } from '@nestjs/common';
import {
  findCredential,
  listCredentials,
  notFound,
  type CredentialView,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { Secret } from '@otpost/envelope';
import { buildOtpauthUri, encodeSecret, OTP_DEFAULTS, type OtpAccount } from '@otpost/otp';
import { DataKeys } from '../keys/data-keys.js';
import { clientEncryptionKeyOf } from '../workspaces/client-encryption-key.js';
import { showClientField } from './client-fields.js';
import { columnOf, jsonFields, pairOf, plainFields, sealedFields, type ClientField } from './credential-fields.js';
import { openFields, openSecondFactor, withParts, type CredentialRow } from './credential-rows.js';

/** A page ends early rather than be larger than this: browser state may be a megabyte an entry. */
const maxPageBytes = 4 * 1024 * 1024;

type JsonView = Pick<CredentialView, (typeof jsonFields)[number]>;
type PlainView = Pick<CredentialView, (typeof plainFields)[number]>;

/** Vault entries as their owners read them back. */
@Injectable()
export class ReadCredential {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject('INBOX_DOMAIN') private readonly inboxDomain: string,
  ) {}

  async byPair({ workspace_id: workspaceId, pair }: RequestOf<typeof findCredential>): Promise<CredentialView> {
    const workspaceId_permissionedUserId_domain = { workspaceId, ...pairOf(pair) };
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const row = await tx.credential.findUnique({
        where: { workspaceId_permissionedUserId_domain },
        include: withParts,
      });
      return this.#one(tx, workspaceId, row);
    });
  }

  async list({
    workspace_id: workspaceId,
    page,
  }: RequestOf<typeof listCredentials>): Promise<ResponseOf<typeof listCredentials>> {
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const sizes = await rowSizes(tx, workspaceId, page.cursor ?? null, page.limit + 1);
      const ids = fittingPage(sizes, page.limit, maxPageBytes);
      const rows = await tx.credential.findMany({
        where: { workspaceId, id: { in: ids } },
        orderBy: { id: 'asc' },
        include: withParts,
      });
      const items = rows.length === 0 ? [] : await this.#views(tx, workspaceId, rows);
      return { items, next_cursor: sizes.length > ids.length ? (ids.at(-1) ?? null) : null };
    });
  }

  /** An entry inside a transaction that wrote it. */
  async view(tx: Transaction, workspaceId: string, id: string): Promise<CredentialView> {
    return this.#one(tx, workspaceId, await tx.credential.findUnique({ where: { id }, include: withParts }));
  }

  async #one(tx: Transaction, workspaceId: string, row: CredentialRow | null): Promise<CredentialView> {
    const [view] = row === null ? [] : await this.#views(tx, workspaceId, [row]);
    if (view === undefined) throw notFound('credential');
    return view;
  }

  async #views(tx: Transaction, workspaceId: string, rows: readonly CredentialRow[]): Promise<CredentialView[]> {
    const key = await clientEncryptionKeyOf(tx, this.dataKeys, workspaceId);
    const views: CredentialView[] = [];
    for (const row of rows) views.push(await this.#viewOf(row, key));
    return views;
  }

  async #viewOf(row: CredentialRow, key: Secret): Promise<CredentialView> {
    const texts = await openFields(this.dataKeys, row);
    const show = (field: ClientField, text: Secret | null) =>
      showClientField(key, text, row.clientEncrypted.includes(field));
    return {
      id: row.id,
      workspace_id: row.workspaceId,
      permissioned_user_id: row.permissionedUserId,
      domain: row.domain,
      ...(Object.fromEntries(plainFields.map((field) => [field, row[columnOf(field)]])) as PlainView),
      user_name: show('user_name', texts.user_name),
      password: show('password', texts.password),
      tfa_method: row.tfaMethod,
      tfa_secret: row.clientEncrypted.includes('tfa_secret') ? show('tfa_secret', await this.#tfaSecretOf(row)) : null,
      proxy_value: texts.proxy_value,
      proxy_string: texts.proxy_string,
      ...(Object.fromEntries(jsonFields.map((field) => [field, parsed(texts[field])])) as JsonView),
      tfa_email: this.#addressOf(row),
      tfa_phone_number: row.phoneNumber?.e164 ?? null,
      session_data_set_at: row.sessionDataSetAt?.toISOString() ?? null,
      effective_expires_at: row.effectiveExpiresAt?.toISOString() ?? null,
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
    };
  }

  async #tfaSecretOf(row: CredentialRow): Promise<Secret | null> {
    const { account } = await openSecondFactor(this.dataKeys, row);
    if (account === null) return null;
    const text = new Secret(textOfAccount(account));
    account.secret.fill(0);
    return text;
  }

  #addressOf({ inbox }: CredentialRow): string | null {
    const [address] = inbox?.addresses ?? [];
    return address === undefined ? null : `${address.localPart}@${this.inboxDomain}`;
  }
}

/** Bare base32 where that says it all, else a URI: both are what `tfa_secret` takes. */
export function textOfAccount(account: OtpAccount): string {
  const { algorithm, digits, periodSeconds } = OTP_DEFAULTS;
  const isPlain =
    account.type === 'totp' &&
    account.algorithm === algorithm &&
    account.digits === digits &&
    account.periodSeconds === periodSeconds &&
    account.label === '' &&
    account.issuer === null;
  return isPlain ? encodeSecret(account.secret) : buildOtpauthUri(account);
}

export interface RowSize {
  id: string;
  /** Of all sealed columns. */
  bytes: number;
}

/** The rows that a page holds: at most `limit`, and no more than fit, but always one. */
export function fittingPage(sizes: readonly RowSize[], limit: number, maxBytes: number): string[] {
  const ids: string[] = [];
  let total = 0;
  for (const { id, bytes } of sizes.slice(0, limit)) {
    total += bytes;
    if (ids.length > 0 && total > maxBytes) break;
    ids.push(id);
  }
  return ids;
}

const sizeOfRow = sealedFields.map((field) => `coalesce(octet_length(${field}), 0)`).join(' + ');

async function rowSizes(
  tx: Transaction,
  workspaceId: string,
  cursor: string | null,
  limit: number,
): Promise<RowSize[]> {
  return tx.$queryRawUnsafe<RowSize[]>(
    `SELECT id, ${sizeOfRow} AS bytes FROM credential
     WHERE workspace_id = $1::uuid AND ($2::uuid IS NULL OR id > $2::uuid) ORDER BY id LIMIT $3::int`,
    workspaceId,
    cursor,
    limit,
  );
}

function parsed(text: Secret | null): CredentialView['cookies'] {
  return text === null
    ? null
    : new Secret(JSON.parse(text.reveal()) as ReturnType<NonNullable<CredentialView['cookies']>['reveal']>);
}
