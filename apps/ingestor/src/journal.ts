import { AppError, type ErrorCode } from '@otpost/contracts';
import type { Logger } from '@otpost/platform';
import { inboundMessages, storedSeconds, type InboundOutcome } from './inbound-metrics.js';
import type { Verdict } from './messages/inbound-message.js';
import type { StoredMessage } from './messages/message-store.js';

export type InboundSource = 'twilio' | 'sendgrid' | 'mime' | 'smtp';

const outcomeOfCode: Partial<Record<ErrorCode, InboundOutcome>> = {
  forbidden: 'bad_proof',
  not_found: 'unknown_recipient',
  payload_too_large: 'too_large',
  validation_failed: 'malformed',
  cancelled: 'cut_off',
};

/** One line and one count for each message from outside: how it came and how it ended. Ids, sizes and times; nothing of what it says. */
export class Journal {
  constructor(private readonly logger: Logger) {}

  /** `startedAt` is when its last byte was here (`performance.now()`). */
  stored(
    source: InboundSource,
    stored: readonly StoredMessage[],
    verdicts: readonly Verdict[],
    startedAt: number,
  ): void {
    const seconds = (performance.now() - startedAt) / 1_000;
    storedSeconds.observe({ source }, seconds);
    stored.forEach(({ id, workspaceId, isRepeat }, index) => {
      const state = verdicts[index]?.state ?? 'received';
      const outcome = isRepeat ? 'repeat' : state === 'received' ? 'stored' : state;
      inboundMessages.inc({ source, outcome });
      this.logger.info('inbound.message', {
        source,
        outcome,
        workspace_id: workspaceId,
        inbound_message_id: isRepeat ? undefined : id,
        duration_ms: Math.round(seconds * 1e5) / 100,
      });
    });
  }

  failed(source: InboundSource, error: unknown, remoteAddress: string): void {
    const code = error instanceof AppError ? error.code : 'internal';
    const outcome = outcomeOfCode[code] ?? 'unavailable';
    inboundMessages.inc({ source, outcome });
    const fields = { source, outcome, code, remote_address: remoteAddress };
    // What is the sender's own doing says enough with its code.
    if (outcome === 'unavailable') this.logger.warn('inbound.message', fields, error);
    else this.logger.info('inbound.message', fields);
  }

  dropped(source: InboundSource, outcome: InboundOutcome, workspaceId: string): void {
    inboundMessages.inc({ source, outcome });
    this.logger.info('inbound.message', { source, outcome, workspace_id: workspaceId });
  }
}
