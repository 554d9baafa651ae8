import type { PoolClient } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { AppError, inboundMessagePlace, type AuthResults } from '@otpost/contracts';
import type { Database } from '@otpost/database';
import { contentFingerprint, deriveKey, sealToVault, type Secret, type VaultPublicKey } from '@otpost/envelope';
import type { InboundMessage } from './inbound-message.js';
import { storageError } from './storage.js';
import type { VaultKey } from './vault-public-key.js';

export interface StoredMessage {
  id: string;
  workspaceId: string;
  /** It was here already: nothing was changed. */
  isRepeat: boolean;
}

const foreignKeyViolation = '23503';

/** Writes messages down, sealed to the vault: from then on neither this process nor its database role can read them. */
export class MessageStore {
  private readonly dedupeKey: Uint8Array;

  constructor(
    private readonly database: Pick<Database, 'pool'>,
    private readonly vaultKey: VaultKey,
    hookKey: Secret<Uint8Array>,
  ) {
    this.dedupeKey = deriveKey(hookKey.reveal(), 'repeats of inbound messages');
  }

  /**
   * Stores all of them, or none: they are what one sender is told was accepted. In the order given.
   *
   * @throws AppError `unavailable` when it could not be written; `not_found` where a workspace is gone
   */
  async store(messages: readonly InboundMessage[]): Promise<StoredMessage[]> {
    try {
      const key = await this.vaultKey.current();
      const rows = messages.map((message) => ({ message, id: uuidv7() }));
      const [only, ...more] = rows;
      if (only === undefined) return [];
      if (more.length === 0) return [await this.insert(this.database.pool, key, only)];
      return await this.transaction(async (client) => {
        const stored: StoredMessage[] = [];
        for (const row of rows) stored.push(await this.insert(client, key, row));
        return stored;
      });
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** What the checks of the sender said of messages that were stored before these ended. */
  async recordAuthResults(messages: readonly StoredMessage[], results: AuthResults): Promise<void> {
    for (const { id, workspaceId } of messages) {
      await this.database.pool.query({
        name: 'record_auth_results',
        text: 'SELECT record_auth_results($1, $2, $3)',
        values: [workspaceId, id, JSON.stringify(results)],
      });
    }
  }

  private async insert(
    client: Pick<PoolClient, 'query'>,
    key: VaultPublicKey,
    { message, id }: { message: InboundMessage; id: string },
  ): Promise<StoredMessage> {
    const { workspaceId, verdict } = message;
    const seal = (column: 'content' | 'extraction') =>
      sealToVault(key, JSON.stringify(message[column]), inboundMessagePlace(workspaceId, id, column));
    const { rows } = await client.query<{ stored: boolean }>({
      name: 'store_inbound_message',
      text: `SELECT store_inbound_message($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
               AS stored`,
      values: [
        id,
        workspaceId,
        message.channel,
        message.source,
        message.credentialId,
        message.inboxId,
        message.phoneNumberId,
        this.dedupeHmac(message),
        printable(message.sender),
        printable(message.recipient),
        printable(message.originalSender),
        message.sizeBytes,
        seal('content'),
        seal('extraction'),
        key.id,
        message.authResults === null ? null : JSON.stringify(message.authResults),
        verdict.state,
        verdict.state === 'received' ? null : verdict.reason,
        message.receivedAt,
        verdict.state === 'received' ? null : uuidv7(),
      ],
    });
    return { id, workspaceId, isRepeat: rows[0]?.stored !== true };
  }

  /** One message to one inbox or number. The workspace is in the unique index. */
  private dedupeHmac({ channel, inboxId, phoneNumberId, identity }: InboundMessage): Buffer {
    return contentFingerprint(this.dedupeKey, channel, inboxId ?? phoneNumberId ?? '', ...identity);
  }

  private async transaction<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.database.pool.connect();
    let broken: Error | undefined;
    // Without a listener, a connection that breaks between two statements would end the process.
    const onBroken = (error: Error) => (broken = error);
    client.on('error', onBroken);
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // A connection whose ROLLBACK fails is not given to the next one.
      await client.query('ROLLBACK').catch((cause: Error) => (broken = cause));
      throw error;
    } finally {
      client.off('error', onBroken);
      client.release(broken);
    }
  }

  private failure(error: unknown): AppError {
    if (error instanceof AppError) return error;
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code === foreignKeyViolation) {
      if (constraint?.includes('workspace_id') === true) return new AppError('not_found', 'No such recipient');
      this.vaultKey.forget();
    }
    return storageError(error);
  }
}

/** A text that PostgreSQL takes, and that a list of messages can show: no control characters, of bounded length. */
function printable(text: string | null): string | null {
  // eslint-disable-next-line no-control-regex
  return text?.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 320) ?? null;
}
