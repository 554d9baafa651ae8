import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@otpost/contracts';
import { OwnerDatabase } from '@otpost/database';
import {
  describeSealed,
  EnvelopeError,
  equalInConstantTime,
  importVaultKeyPair,
  openInVault,
  type KeyEncryption,
  type Place,
  type Secret,
  type VaultKeyPair,
} from '@otpost/envelope';
import { keyEncryption } from '../keys/data-keys.js';

const keptMs = 300_000;

/** Opens what the ingestor sealed to the vault, with the key pair it names: also one that is no longer the active one. */
@Injectable()
export class MessageOpener {
  /** A deployment has a handful. */
  readonly #keyPairs = new Map<string, { keyPair: Promise<VaultKeyPair>; until: number }>();

  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(keyEncryption) private readonly kek: KeyEncryption,
  ) {}

  /**
   * @throws EnvelopeError when it will never open: altered, moved, or its key pair is gone. Anything else is a matter of time.
   */
  async open(sealed: Uint8Array, place: Place): Promise<Secret<Buffer<ArrayBuffer>>> {
    const { algorithm, keyId } = describeSealed(sealed);
    if (algorithm !== 'hpke') throw new EnvelopeError('unknown_algorithm', `sealed with ${algorithm}`);
    return openInVault(await this.#keyPair(keyId), sealed, place);
  }

  #keyPair(id: string): Promise<VaultKeyPair> {
    const kept = this.#keyPairs.get(id);
    if (kept !== undefined && kept.until > Date.now()) return kept.keyPair;
    const keyPair = this.#load(id);
    this.#keyPairs.set(id, { keyPair, until: Date.now() + keptMs });
    keyPair.catch(() => this.#keyPairs.delete(id));
    return keyPair;
  }

  async #load(id: string): Promise<VaultKeyPair> {
    const row = await this.owner.prisma.vaultKeyPair.findUnique({ where: { id } });
    if (row?.privateKeyWrapped == null) throw new EnvelopeError('wrong_key', `key pair ${id} is gone`);
    const wrapped = { kekId: row.kekId, wrapped: row.privateKeyWrapped };
    const privateKey = await this.#unwrap(id, wrapped);
    try {
      const keyPair = importVaultKeyPair(id, privateKey);
      if (!equalInConstantTime(keyPair.publicKey, row.publicKey))
        throw new EnvelopeError('invalid_key', `the public half of key pair ${id} is not its own`);
      return keyPair;
    } finally {
      privateKey.fill(0);
    }
  }

  /** A KEK that is not here may come back: its refusal is no reason to give a message up. */
  async #unwrap(keyId: string, wrapped: Parameters<KeyEncryption['unwrap']>[0]): Promise<Uint8Array> {
    try {
      return await this.kek.unwrap(wrapped, { workspaceId: null, keyId, purpose: 'vault-key-pair' });
    } catch (cause) {
      throw new AppError('unavailable', 'the key pair cannot be unwrapped', { cause, internal: keyId });
    }
  }
}
