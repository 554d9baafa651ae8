import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '@otpost/contracts';
import { OwnerDatabase, type Transaction } from '@otpost/database';
import {
  describeSealed,
  generateVaultKeyPair,
  importVaultKeyPair,
  openInVault,
  type KeyEncryption,
  type Place,
  type Secret,
  type VaultKeyPair,
} from '@otpost/envelope';
import { v7 as uuidv7 } from 'uuid';
import { deploymentTrail, recordAudit } from '../audit/record-audit.js';
import { keyEncryption } from './data-keys.js';
import { whileKeksStay } from './wrapping-lock.js';

interface Loaded {
  pair: Promise<VaultKeyPair>;
  untilMs: number;
}

/** The ingestor reads the public half again every 30 s; what it seals and stores in the time after a rotation must still be opened. */
const leastRetirementMs = 60 * 60_000;

/**
 * The key pairs that the ingestor seals to (their public halves are in the clear in `vault_key_pair`) and only this service opens. One is
 * active in the deployment; earlier ones open what was sealed to them, until nothing of it is left.
 */
@Injectable()
export class VaultKeyPairs {
  readonly #loaded = new Map<string, Loaded>();

  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(keyEncryption) private readonly kek: KeyEncryption,
    /** How long a private half may stay in memory. */
    @Inject('DATA_KEY_CACHE_SECONDS') private readonly cacheSeconds: number,
  ) {
    setInterval(() => this.#dropExpired(), 60_000).unref();
  }

  /**
   * Makes the first pair, when there is none; of replicas that start together, one does.
   *
   * @returns the active pair's id
   * @throws AppError `internal` when its public half is not of its private one: the ingestor would seal to somebody else
   */
  async ensure(caller: Caller): Promise<string> {
    const id = (await findActive(this.owner.prisma)) ?? (await this.#createFirst(caller));
    await this.#load(id);
    return id;
  }

  /** Opens what was sealed to any pair that is still there. @throws AppError `not_found` when its pair is gone; EnvelopeError */
  async open(sealed: Uint8Array, place: Place): Promise<Secret<Buffer<ArrayBuffer>>> {
    const { algorithm, keyId } = describeSealed(sealed);
    if (algorithm !== 'hpke') throw new AppError('internal', 'not sealed to the vault');
    return openInVault(await this.#load(keyId), sealed, place);
  }

  /** A new pair. The earlier one opens on until `destroyUnneeded`. @returns the new one's id */
  async rotate(caller: Caller): Promise<string> {
    return this.owner.asSystem(async (tx) => {
      await oneAtATime(tx);
      await tx.vaultKeyPair.updateMany({
        where: { state: 'active' },
        data: { state: 'retiring', retiredAt: new Date() },
      });
      return this.#create(tx, caller, 'vault_key_pair.rotated');
    });
  }

  /** Destroys the pairs that were retired an hour ago or earlier, and to which nothing is sealed any more. @returns how many */
  async destroyUnneeded(caller: Caller, now = new Date()): Promise<number> {
    const retiredBefore = new Date(now.getTime() - leastRetirementMs);
    const candidates = await this.owner.prisma.vaultKeyPair.findMany({
      where: { state: 'retiring', retiredAt: { lt: retiredBefore } },
    });
    let destroyed = 0;
    for (const { id } of candidates) if (await this.#destroy(caller, id)) destroyed += 1;
    return destroyed;
  }

  #createFirst(caller: Caller): Promise<string> {
    return this.owner.asSystem(async (tx) => {
      await oneAtATime(tx);
      return (await findActive(tx)) ?? this.#create(tx, caller, 'vault_key_pair.created');
    });
  }

  async #create(tx: Transaction, caller: Caller, action: string): Promise<string> {
    const id = uuidv7();
    const { publicKey, privateKey } = generateVaultKeyPair();
    await whileKeksStay(tx);
    const { kekId, wrapped } = await this.kek.wrap(privateKey.reveal(), {
      workspaceId: null,
      keyId: id,
      purpose: 'vault-key-pair',
    });
    privateKey.reveal().fill(0);
    await tx.vaultKeyPair.create({ data: { id, publicKey, privateKeyWrapped: wrapped, kekId } });
    await recordAudit(tx, caller, { workspaceId: deploymentTrail, action, resource: { type: 'vault_key_pair', id } });
    return id;
  }

  #load(id: string): Promise<VaultKeyPair> {
    const known = this.#loaded.get(id);
    if (known !== undefined && known.untilMs > performance.now()) return known.pair;
    const pair = this.#read(id);
    this.#loaded.set(id, { pair, untilMs: performance.now() + this.cacheSeconds * 1_000 });
    pair.catch(() => this.#loaded.delete(id));
    return pair;
  }

  async #read(id: string): Promise<VaultKeyPair> {
    const row = await this.owner.prisma.vaultKeyPair.findUnique({ where: { id } });
    if (row?.privateKeyWrapped == null)
      throw new AppError('not_found', 'not found', { internal: `key pair ${id} is gone` });
    const { kekId, privateKeyWrapped: wrapped } = row;
    const privateKey = await this.kek.unwrap(
      { kekId, wrapped },
      { workspaceId: null, keyId: id, purpose: 'vault-key-pair' },
    );
    const pair = importVaultKeyPair(id, privateKey);
    privateKey.fill(0);
    if (Buffer.compare(pair.publicKey, row.publicKey) !== 0) {
      throw new AppError('internal', 'internal error', {
        internal: `the public half of key pair ${id} is not its own`,
      });
    }
    return pair;
  }

  #dropExpired(): void {
    for (const [id, { untilMs }] of this.#loaded) if (untilMs <= performance.now()) this.#loaded.delete(id);
  }

  /** The row is locked against messages that are being stored: their foreign key locks it too. */
  async #destroy(caller: Caller, id: string): Promise<boolean> {
    return this.owner.asSystem(async (tx) => {
      const [locked] = await tx.$queryRaw<unknown[]>`
        SELECT id FROM vault_key_pair WHERE id = ${id}::uuid AND state = 'retiring' FOR UPDATE`;
      if (locked === undefined) return false;
      const needed = await tx.inboundMessage.findFirst({
        where: { vaultKeyPairId: id, dataKeyId: null, OR: [{ content: { not: null } }, { extraction: { not: null } }] },
        select: { id: true },
      });
      if (needed !== null) return false;
      await tx.vaultKeyPair.update({
        where: { id },
        data: { state: 'destroyed', privateKeyWrapped: null, destroyedAt: new Date() },
      });
      const resource = { type: 'vault_key_pair', id };
      await recordAudit(tx, caller, { workspaceId: deploymentTrail, action: 'vault_key_pair.destroyed', resource });
      this.#loaded.delete(id);
      return true;
    });
  }
}

async function findActive(client: Pick<Transaction, 'vaultKeyPair'>): Promise<string | undefined> {
  return (await client.vaultKeyPair.findFirst({ where: { state: 'active' }, select: { id: true } }))?.id;
}

async function oneAtATime(tx: Transaction): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended('otpost vault key pair', 0)) IS NULL AS taken`;
}
