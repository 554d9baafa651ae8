import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  AppError,
  depositMessage,
  fanOutEvents,
  inboundMessagePlace,
  newEvent,
  receivedCodeDeposited,
  sealedExtraction,
  sealedMessage,
  workspaceSettings,
  type JobOf,
  type SealedExtraction,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import {
  describeSealed,
  EnvelopeError,
  seal,
  type DataKey,
  type EnvelopeErrorCode,
  type Place,
} from '@otpost/envelope';
import { JobHandler, JobQueues, RpcClient } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import { receivedCodePlace } from '../credentials/read-received-code.js';
import { DataKeys } from '../keys/data-keys.js';
import { VaultKeyPairs } from '../keys/vault-key-pairs.js';
import { decideDeposit, type Decision } from './decide-deposit.js';
import { readUndeposited, writeDeposit, type Deposit, type Undeposited } from './deposit-rows.js';

/** A message in the clear, for as long as it takes to seal it again. */
interface Opened {
  content: Buffer;
  extraction: Buffer;
  reading: SealedExtraction;
}

/** How often a deposit begins anew because the workspace's key was rotated in between. */
const mostAttempts = 5;

/** Opens what the ingestor stored, puts it under the workspace's key, and deposits its code or link: once, whatever happens. */
@Injectable()
export class DepositMessages {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(VaultKeyPairs) private readonly keyPairs: VaultKeyPairs,
    @Inject(RpcClient) private readonly rpc: Pick<RpcClient, 'emit'>,
    @Inject(JobQueues) private readonly queues: Pick<JobQueues, 'add'>,
    @Inject('LOGGER') private readonly logger: Logger,
  ) {}

  /** @throws AppError `internal` or `unavailable`, to be tried again; a message that will never open is refused instead */
  @JobHandler(depositMessage, { concurrency: 8 })
  async deposit({ workspace_id: workspaceId, inbound_message_id: id }: JobOf<typeof depositMessage>): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const message = await readUndeposited(this.database.pool, workspaceId, id);
      // Another job was faster, or the workspace is gone.
      if (message === undefined) return;
      const deposit = await this.#prepare(workspaceId, id, message);
      const outcome = await writeDeposit(this.database.pool, workspaceId, id, deposit);
      if (outcome === 'key_retired') continue;
      if (outcome === 'done') await this.#tell(workspaceId, id, message, deposit);
      return;
    }
    throw new AppError('unavailable', 'the data key changed again and again', { internal: workspaceId });
  }

  async #prepare(workspaceId: string, id: string, message: Undeposited): Promise<Deposit> {
    const opened = await this.#open(workspaceId, id, message);
    const isDecided = message.state !== 'received';
    if (opened === null) {
      const refused = { state: 'refused' as const, reason: 'unreadable' };
      return { ...nothing, dataKeyId: message.activeDataKeyId, decision: isDecided ? null : refused };
    }
    try {
      const settings = workspaceSettings.parse(message.settings);
      const addressee =
        message.credentialId === null ? null : { found: message.credentialFound, tfaMethod: message.tfaMethod };
      const decision = isDecided ? null : decideDeposit(opened.reading, addressee);
      const keeping = settings.message_retention_hours === 0 ? 'purged' : 'resealed';
      return await this.dataKeys.use(workspaceId, message.activeDataKeyId, (key) => ({
        ...nothing,
        dataKeyId: key.id,
        keeping,
        // Also of what is not kept: a copy that is to be sent on holds it until then.
        ...resealed(key, workspaceId, id, opened),
        decision,
        ...(decision?.state === 'deposited'
          ? codeOf(key, workspaceId, message, decision, settings.code_freshness_seconds)
          : {}),
      }));
    } finally {
      opened.content.fill(0);
      opened.extraction.fill(0);
    }
  }

  /** Null: it will never open, or is not what an ingestor writes. What it holds is not told. */
  async #open(workspaceId: string, id: string, message: Undeposited): Promise<Opened | null> {
    const content = await this.#openPart(message.content, inboundMessagePlace(workspaceId, id, 'content'));
    const extraction = await this.#openPart(message.extraction, inboundMessagePlace(workspaceId, id, 'extraction'));
    if (content === null || extraction === null) return null;
    const isMessage = sealedMessage.safeParse(parsed(content)).success;
    const { data: reading } = sealedExtraction.safeParse(parsed(extraction));
    return isMessage && reading !== undefined ? { content, extraction, reading } : null;
  }

  async #openPart(sealed: Uint8Array | null, place: Place): Promise<Buffer | null> {
    if (sealed === null) return null;
    try {
      if (describeSealed(sealed).algorithm !== 'hpke') return null;
      return (await this.keyPairs.open(sealed, place)).reveal();
    } catch (error) {
      if (neverOpens(error)) return null;
      throw error;
    }
  }

  /** What is told here is in the rows: a sweeper of the dispatcher finds it where this gets lost. */
  async #tell(workspaceId: string, id: string, message: Undeposited, { decision, code }: Deposit): Promise<void> {
    this.logger.info('message.deposited', {
      inbound_message_id: id,
      state: decision?.state ?? message.state,
      reason: decision === null || decision.state === 'deposited' ? null : decision.reason,
      waited_ms: Date.now() - message.receivedAt.getTime(),
    });
    if (code === null || message.credentialId === null) return;
    const told = await Promise.allSettled([
      this.rpc.emit(receivedCodeDeposited, { workspace_id: workspaceId, credential_id: message.credentialId }),
      ...(code.event === null ? [] : [this.queues.add(fanOutEvents, { workspace_id: workspaceId })]),
    ]);
    for (const outcome of told)
      if (outcome.status === 'rejected')
        this.logger.warn('deposit.not_told', { inbound_message_id: id }, outcome.reason);
  }
}

const nothing: Omit<Deposit, 'dataKeyId' | 'decision'> = {
  keeping: 'untouched',
  content: null,
  extraction: null,
  code: null,
};

function resealed(key: DataKey, workspaceId: string, id: string, { content, extraction }: Opened) {
  return {
    content: seal(key, content, inboundMessagePlace(workspaceId, id, 'content')),
    extraction: seal(key, extraction, inboundMessagePlace(workspaceId, id, 'extraction')),
  };
}

/** One that came too late to be read by anyone is recorded without its value, and announced to nobody. */
function codeOf(
  key: DataKey,
  workspaceId: string,
  { channel, credentialId, receivedAt }: Undeposited,
  { kind, value }: Extract<Decision, { state: 'deposited' }>,
  freshnessSeconds: number,
): Pick<Deposit, 'code'> {
  const id = uuidv7();
  const freshUntil = new Date(receivedAt.getTime() + freshnessSeconds * 1_000);
  if (freshUntil.getTime() <= Date.now()) return { code: { id, kind, value: null, freshUntil, event: null } };
  const payload = {
    credential_id: credentialId ?? '',
    received_code_id: id,
    channel,
    kind,
    received_at: receivedAt.toISOString(),
  };
  const event = newEvent.parse({ type: 'code.received', payload });
  const sealed = seal(key, value, receivedCodePlace(workspaceId, id));
  return { code: { id, kind, value: sealed, freshUntil, event: event.payload } };
}

/** A KEK that is not here, or a database that is away, may come back; these reasons stay. */
const lasting = new Set<EnvelopeErrorCode>([
  'unknown_version',
  'unknown_algorithm',
  'truncated',
  'wrong_key',
  'not_authentic',
]);

/** Its key pair is gone, or the bytes are not what was sealed here. */
function neverOpens(error: unknown): boolean {
  if (error instanceof EnvelopeError) return lasting.has(error.code);
  return error instanceof AppError && error.code === 'not_found';
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
