import type { Expectation, Extraction, Message } from '@otpost/code-extraction';
import type { ParsedMail } from '../mail/parsed-mail.js';
import type { InboundParseMail, InboundParseRequest } from '../sendgrid/parse-inbound-parse.js';
import { WorkerPool, type ThreadSource } from './worker-pool.js';

export interface ParserOptions {
  threads: number;
  thread?: ThreadSource;
  timeLimitMs?: number;
  onThreadLost?: (reason: string) => void;
}

/** Ten times what a mail of 30 MB takes; what needs more was made to. */
const defaultTimeLimitMs = 5_000;
/** One thread takes no mail: an SMS, or a mail already parsed, waits for no mail that is being parsed. */
const threadsWithoutBulk = 1;

/** Everything that is done to bytes from outside, in threads. */
export class Parser {
  private readonly pool: WorkerPool;

  constructor({ threads, thread, timeLimitMs, onThreadLost }: ParserOptions) {
    this.pool = new WorkerPool({
      ...(thread ?? { script: new URL('./parse-worker.js', import.meta.url) }),
      threads,
      threadsWithoutBulk,
      timeLimitMs: timeLimitMs ?? defaultTimeLimitMs,
      maxWaiting: 1_000,
      resourceLimits: { maxOldGenerationSizeMb: 512 },
      ...(onThreadLost && { onThreadLost }),
    });
  }

  start(): Promise<void> {
    return this.pool.start();
  }

  /** @throws AppError `validation_failed` for a mail that is too complex, `overloaded` */
  parseMail(raw: Uint8Array): Promise<ParsedMail> {
    return this.pool.run('parse_mail', raw, { bulky: true });
  }

  /** @throws AppError `validation_failed` for a body that is no form or too complex, `overloaded` */
  parseInboundParse(request: InboundParseRequest): Promise<InboundParseMail> {
    return this.pool.run('parse_inbound_parse', request, { bulky: true });
  }

  /** One result per expectation, in their order. */
  extract(message: Message, expectations: readonly Expectation[]): Promise<Extraction[]> {
    return this.pool.run('extract', { message, expectations });
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
