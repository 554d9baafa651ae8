import { AppError } from '@otpost/contracts';
import { importVaultPublicKey, type VaultPublicKey } from '@otpost/envelope';
import type { Queryable } from '@otpost/database';

const refreshMs = 30_000;

/** The key that everything from outside is sealed to. Read again twice a minute, so that a new pair of the vault's is soon in use. */
export class VaultKey {
  private known: { key: VaultPublicKey; readAt: number } | undefined;
  private reading: Promise<VaultPublicKey> | undefined;

  constructor(
    private readonly database: Queryable,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws AppError `unavailable` while the vault has made none, and whatever the database throws */
  async current(): Promise<VaultPublicKey> {
    if (this.known !== undefined && this.now() - this.known.readAt < refreshMs) return this.known.key;
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** The next one to ask reads it from the database. */
  forget(): void {
    this.known = undefined;
  }

  private async read(): Promise<VaultPublicKey> {
    const { rows } = await this.database.query<{ id: string; public_key: Buffer }>({
      name: 'active_vault_key_pair',
      text: `SELECT id, public_key FROM vault_key_pair WHERE state = 'active' ORDER BY created_at DESC LIMIT 1`,
      values: [],
    });
    const row = rows[0];
    if (row === undefined) {
      throw new AppError('unavailable', 'Not ready yet', {
        retryAfterSeconds: 5,
        internal: 'no active vault key pair',
      });
    }
    const key = importVaultPublicKey(row.id, row.public_key);
    this.known = { key, readAt: this.now() };
    return key;
  }
}
