import { v7 as uuidv7 } from 'uuid';
import {
  inboundMessagePlace,
  type JobOf,
  type depositMessage,
  type SealedExtraction,
  type SealedMessage,
  type workspaceSettingsChange,
} from '@otpost/contracts';
import { claimReceivedCodes, Database, type Prisma } from '@otpost/database';
import { importVaultPublicKey, sealToVault } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import type { z } from 'zod';
import type { Json, OpenVault, WorkspaceClient } from '../../credentials/testing/open-vault.js';
import { VaultKeyPairs } from '../../keys/vault-key-pairs.js';
import { DepositMessages } from '../deposit-messages.js';
import { ReceivedCodesController } from '../received-codes.controller.js';
import { WipeCodes } from '../wipe-codes.js';

export const caller = { actor: { kind: 'api_key' as const, id: 'key1' }, ip: '192.0.2.7', request_id: 'spec' };

const logger = createLogger({ service: 'vault', replica: 'spec', level: 'silent' });

export interface Letter {
  extraction?: Partial<SealedExtraction>;
  text?: string;
  secondsAgo?: number;
  row?: Partial<Prisma.InboundMessageUncheckedCreateInput>;
}

/** Everything around a deposit: the ingestor that stores, the vault that opens, the dispatcher that claims. */
export class PostOffice {
  readonly told: string[] = [];
  readonly keyPairs: VaultKeyPairs;
  readonly deposits: DepositMessages;
  readonly codes: ReceivedCodesController;
  readonly wiper: WipeCodes;
  private readonly dispatcher: Database;

  constructor(readonly vault: OpenVault) {
    this.keyPairs = new VaultKeyPairs(vault.owner, vault.kek, 300);
    this.deposits = new DepositMessages(
      vault.database,
      vault.dataKeys,
      this.keyPairs,
      { emit: (_contract, payload) => this.#tell(`emit ${JSON.stringify(payload)}`) },
      { add: (contract, job) => this.#tell(`add ${contract.name} ${JSON.stringify(job)}`) },
      logger,
    );
    this.codes = new ReceivedCodesController(vault.database, vault.dataKeys);
    this.wiper = new WipeCodes(vault.owner, logger);
    this.dispatcher = new Database({ url: vault.urls.dispatcher, applicationName: 'spec', connections: 20 });
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }

  /** Stores a message as the ingestor does: sealed to the active key pair. */
  async store(
    client: WorkspaceClient,
    credentialId: string | null,
    letter: Letter = {},
  ): Promise<JobOf<typeof depositMessage>> {
    const { extraction, text = 'Your code is 123456', secondsAgo = 1, row = {} } = letter;
    const keyPairId = await this.keyPairs.ensure(caller);
    const { publicKey } = await this.vault.owner.prisma.vaultKeyPair.findUniqueOrThrow({ where: { id: keyPairId } });
    const recipient = importVaultPublicKey(keyPairId, publicKey);
    const id = uuidv7();
    const workspaceId = client.id;
    const receivedAt = new Date(Date.now() - secondsAgo * 1_000);
    const seal = (column: 'content' | 'extraction', value: unknown) =>
      sealToVault(recipient, JSON.stringify(value), inboundMessagePlace(workspaceId, id, column));
    await this.vault.owner.prisma.inboundMessage.create({
      data: {
        id,
        workspaceId,
        channel: 'email',
        source: 'smtp',
        credentialId,
        dedupeHmac: new Uint8Array(Buffer.from(id)),
        sender: 'noreply@github.com',
        recipient: 'abc@in.example.test',
        sizeBytes: text.length,
        content: seal('content', messageOf(text, receivedAt)),
        extraction: seal('extraction', { ...found, ...extraction }),
        vaultKeyPairId: keyPairId,
        receivedAt,
        ...row,
      },
    });
    return { workspace_id: workspaceId, inbound_message_id: id };
  }

  async deposit(client: WorkspaceClient, credentialId: string | null, letter: Letter = {}): Promise<string> {
    const job = await this.store(client, credentialId, letter);
    await this.deposits.deposit(job);
    return job.inbound_message_id;
  }

  message(id: string) {
    return this.vault.owner.prisma.inboundMessage.findUniqueOrThrow({ where: { id } });
  }

  codesOf(client: WorkspaceClient) {
    return this.vault.owner.prisma.receivedCode.findMany({ where: { workspaceId: client.id }, orderBy: { id: 'asc' } });
  }

  audited(client: WorkspaceClient, action: string) {
    return this.vault.owner.prisma.auditEntry.findMany({ where: { workspaceId: client.id, action } });
  }

  async settings(client: WorkspaceClient, settings: z.output<typeof workspaceSettingsChange>): Promise<void> {
    await this.vault.owner.prisma.workspace.update({ where: { id: client.id }, data: { settings } });
  }

  /** A challenge that waits for this credential's code. */
  async openChallenge(client: WorkspaceClient, entry: Json, secondsLeft = 300): Promise<string> {
    const id = uuidv7();
    await this.vault.owner.prisma.challenge.create({
      data: {
        id,
        workspaceId: client.id,
        credentialId: entry['id'] as string,
        sessionId: 's',
        schema: {},
        factors: ['email', 'magic_link'],
        since: new Date(Date.now() - 60_000),
        expiresAt: new Date(Date.now() + secondsLeft * 1_000),
      },
    });
    return id;
  }

  claim(client: WorkspaceClient, entry: Json) {
    return this.dispatcher.withWorkspace(client.id, (tx) => claimReceivedCodes(tx, entry['id'] as string), {
      timeoutMs: 30_000,
    });
  }

  #tell(what: string): Promise<void> {
    this.told.push(what);
    return Promise.resolve();
  }

  async open(client: WorkspaceClient, challengeId: string): Promise<string | null> {
    const request = { ...caller, workspace_id: client.id, challenge_id: challengeId };
    const { received_code } = await this.codes.open(request);
    return received_code?.value.reveal() ?? null;
  }
}

const found: SealedExtraction = {
  version: 1,
  code: '123456',
  link: null,
  confidence: 0.99,
  reason: 'keyword',
  ambiguous: false,
  candidates: [{ kind: 'code', value: '123456', confidence: 0.99, reason: 'keyword' }],
  confirmation: null,
};

function messageOf(text: string, receivedAt: Date): SealedMessage {
  return {
    version: 1,
    channel: 'email',
    from: 'GitHub <noreply@github.com>',
    to: 'abc@in.example.test',
    subject: 'Your code',
    text,
    html: null,
    headers: [{ name: 'list-id', value: 'x' }],
    attachments: [],
    truncated: false,
    received_at: receivedAt.toISOString(),
  };
}
