import { AppError, type ErrorCode, type EventContract, type RpcContract, type ServiceName } from '@otpost/contracts';
import { inSpan } from '@otpost/platform';
import { Answers } from './answers.js';
import { Claims } from './claims.js';
import { decodeBody, decodeRequest, encodeBody, encodeError, encodeResponse } from './contract-codec.js';
import { InHand, type RequestInHand } from './in-hand.js';
import { consumerGroup } from './keys.js';
import { Membership } from './membership.js';
import type { Messaging } from './messaging.js';
import type { RedisConnection } from './redis-connection.js';
import { readRequests, type StreamEntry } from './request-reader.js';
import { RpcContext } from './rpc-context.js';
import { type OpenedMessage, RefusedMessage } from './sealing.js';
import { Direction, encodeEnvelope, idBytes, noReply } from './wire.js';

/** How a request or an event ended, for metrics and logs. */
export interface RequestOutcome {
  kind: 'rpc' | 'event';
  pattern: string;
  code: 'ok' | ErrorCode;
  durationMs: number;
  /** The HTTP request that it is part of, where its payload names one. */
  requestId: string | undefined;
}

export interface RequestHandler {
  contract: RpcContract | EventContract;
  invoke: (payload: unknown, context: RpcContext) => Promise<unknown>;
}

export interface RequestDeskOptions {
  service: ServiceName;
  replica: string;
  maxInFlight: number;
  closeTimeoutMs: number;
  observe: ((outcome: RequestOutcome) => void) | undefined;
}

/** A request that has taken as many replicas with it is not tried again. */
const mostDeliveries = 3;

/** Where one replica takes requests, has them handled and answers. */
export class RequestDesk {
  private readonly reader: RedisConnection;
  private readonly control: RedisConnection;
  private readonly inHand: InHand;
  private readonly answers: Answers;
  private readonly claims: Claims;
  private readonly membership: Membership;
  /** Entries taken and still in the stream: Redis hands them out again after a broken connection. */
  private readonly held = new Set<string>();
  private readonly stopListening: () => void;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly messaging: Messaging,
    private readonly handlers: ReadonlyMap<string, RequestHandler>,
    private readonly options: RequestDeskOptions,
  ) {
    const { commands, keys, now } = messaging;
    const { service, replica, maxInFlight } = options;
    this.inHand = new InHand(maxInFlight, now);
    this.answers = new Answers(commands, keys, keys.requests(service), (ids) =>
      ids.forEach((id) => this.held.delete(id)),
    );
    this.claims = new Claims(commands, keys, service, replica, now);
    this.membership = new Membership(messaging, service, replica, {
      capacity: maxInFlight,
      room: () => this.inHand.room,
      accept: (entries) => this.accept(entries),
    });
    this.reader = messaging.connect('blocking');
    this.control = messaging.connect('subscriber');
    this.stopListening = commands.onReady(() => this.answers.schedule());
  }

  get inFlight(): number {
    return this.inHand.size;
  }

  /** Begins to take requests. */
  open(): void {
    this.control.client.on('messageBuffer', (_channel: Buffer, frame: Buffer) => this.onControl(frame));
    this.control.client.subscribe(this.messaging.keys.control(this.options.service)).catch(() => undefined);
    this.reading = readRequests(this.reader, {
      key: this.messaging.keys.requests(this.options.service),
      replica: this.options.replica,
      room: () => this.inHand.room,
      untilRoom: () => this.inHand.untilRoom(),
      join: () => this.membership.join(),
      accept: (entries) => this.accept(entries),
    });
  }

  /** Takes no more, gives back what has not begun, ends what has (bounded), leaves. */
  async close(): Promise<void> {
    this.inHand.stop();
    this.reader.close();
    await this.reading;
    await this.whileConnected(async () => {
      await this.membership.retire(this.held);
      await this.nudgeOthers();
    });
    if (!(await this.inHand.untilEmpty(this.options.closeTimeoutMs))) {
      this.messaging.logger.warn('rpc.close_overdue', { in_flight: this.inHand.size });
      this.inHand.abortAll(new AppError('unavailable', 'The service is stopping'));
    }
    await this.answers.drain();
    await this.whileConnected(async () => {
      await this.membership.leave();
      await this.nudgeOthers();
    });
    this.membership.stop();
    this.stopListening();
    this.control.close();
  }

  private accept(entries: readonly StreamEntry[]): void {
    const once: RequestInHand[] = [];
    for (const entry of entries) {
      if (this.held.has(entry.id)) continue;
      this.held.add(entry.id);
      const request = this.take(entry);
      if (request === null) continue;
      if (request.contract.kind === 'rpc' && request.contract.delivery === 'at-most-once') once.push(request);
      else void this.handle(request);
    }
    if (once.length > 0) void this.handleOnce(once);
  }

  /** Opens an entry. Null when there is nothing to handle: it is then dealt with. */
  private take(entry: StreamEntry): RequestInHand | null {
    if (entry.frame === null) return this.drop(entry.id);
    let message: OpenedMessage;
    try {
      message = this.messaging.sealer.open(entry.frame, Direction.request, Direction.event);
    } catch (error) {
      if (!(error instanceof RefusedMessage)) throw error;
      this.messaging.logger.warn('rpc.request_refused', { reason: error.reason });
      return this.drop(entry.id);
    }
    const { header } = message;
    const { pattern, deadline, idHex: id } = header;
    const contract = this.handlers.get(pattern)?.contract;
    if (contract === undefined || (contract.kind === 'rpc') !== isRequest(message)) {
      this.messaging.logger.warn('rpc.pattern_unknown', { pattern });
      return this.refuse(entry.id, message, 'unavailable', 'Temporarily unavailable, try again');
    }
    const takenAt = this.messaging.now();
    if (deadline <= takenAt) return this.refuse(entry.id, message, 'deadline_exceeded', 'No answer came in time');
    if (entry.deliveries > mostDeliveries) {
      this.messaging.logger.error('rpc.request_poisonous', { pattern });
      return this.refuse(entry.id, message, 'internal', 'Internal error');
    }
    // Sent again by its caller while it is being handled here: the answer under way is for both.
    if (this.inHand.has(id)) return this.drop(entry.id);
    const context = new RpcContext(id, pattern, deadline);
    const request = { entryId: entry.id, message, contract, context, takenAt, isAbandoned: false };
    this.inHand.add(request);
    return request;
  }

  private drop(entryId: string): null {
    this.answers.finish(entryId);
    return null;
  }

  private refuse(entryId: string, message: OpenedMessage, code: ErrorCode, text: string): null {
    this.answer(message, encodeError(new AppError(code, text)));
    return this.drop(entryId);
  }

  /** Begins those of the at-most-once requests that this replica may begin. */
  private async handleOnce(requests: RequestInHand[]): Promise<void> {
    const claimants = requests.map(({ entryId, context, message }) => ({
      id: context.id,
      entryId,
      deadline: context.deadline,
      incarnation: decodeRequest(message.content).incarnation,
    }));
    let verdicts;
    try {
      verdicts = await this.claims.claim(claimants);
    } catch {
      // Redis is away. Whoever joins it again is handed what is still there.
      for (const request of requests) this.forget(request);
      return;
    }
    requests.forEach((request, index) => {
      const verdict = verdicts[index] ?? 'lost';
      if (verdict === 'begin' && !request.isAbandoned) return void this.handle(request);
      if (verdict === 'moved') return this.forget(request);
      this.inHand.remove(request);
      if (verdict === 'repeated')
        this.messaging.logger.warn('rpc.request_repeated', { pattern: request.context.pattern });
      if (verdict === 'begun' || verdict === 'lost') {
        this.answer(request.message, encodeError(new AppError('outcome_unknown', 'It may or may not have happened')));
      }
      this.answers.finish(request.entryId);
    });
  }

  private forget(request: RequestInHand): void {
    this.inHand.remove(request);
    this.held.delete(request.entryId);
  }

  private async handle(request: RequestInHand): Promise<void> {
    const { contract, context, message } = request;
    let code: RequestOutcome['code'] = 'ok';
    let content: Buffer;
    let payload: unknown;
    try {
      const { trace, body } = decodeRequest(message.content);
      const schema = contract.kind === 'rpc' ? contract.request : contract.payload;
      payload = decodeBody(schema, body, `payload of ${contract.pattern}`);
      const response = await inSpan({ name: contract.pattern, kind: 'server', parent: trace }, () =>
        this.handlers.get(contract.pattern)?.invoke(payload, context),
      );
      content =
        contract.kind === 'rpc'
          ? encodeResponse(encodeBody(contract.response, response, `response of ${contract.pattern}`))
          : noContent;
    } catch (thrown) {
      const error = this.asAppError(thrown, context, payload);
      code = error.code;
      content = encodeError(error);
    }
    this.inHand.remove(request);
    if (!request.isAbandoned) this.answer(message, content);
    this.answers.finish(request.entryId);
    const durationMs = this.messaging.now() - request.takenAt;
    const requestId = requestIdOf(payload);
    this.options.observe?.({ kind: contract.kind, pattern: contract.pattern, code, durationMs, requestId });
  }

  private answer(message: OpenedMessage, content: Buffer): void {
    if (!isRequest(message)) return;
    const { replyTo, envelope } = message.header;
    this.answers.reply(replyTo, this.messaging.sealer.seal(Direction.reply, envelope, content));
  }

  /** What the caller is told; what it is not told, the log is. */
  private asAppError(thrown: unknown, context: RpcContext, payload: unknown): AppError {
    if (thrown instanceof AppError && thrown.code !== 'internal') return thrown;
    const fields = { pattern: context.pattern, message_id: context.id, request_id: requestIdOf(payload) };
    this.messaging.logger.error('rpc.failed', fields, thrown);
    return new AppError('internal', 'Internal error');
  }

  private onControl(frame: Buffer): void {
    try {
      const { header } = this.messaging.sealer.open(frame, Direction.cancel, Direction.leave);
      if (header.direction === (Direction.cancel as number)) this.inHand.cancel(header.idHex);
      else void this.membership.reap().catch(() => undefined);
    } catch {
      this.messaging.logger.warn('rpc.control_refused');
    }
  }

  /** Tells the other replicas that there may be something to take over. */
  private async nudgeOthers(): Promise<void> {
    const { commands, keys, sealer, now } = this.messaging;
    const envelope = encodeEnvelope({
      id: Buffer.alloc(idBytes),
      deadline: now(),
      replyTo: noReply,
      pattern: consumerGroup,
    });
    await commands.client.publish(keys.control(this.options.service), sealer.seal(Direction.leave, envelope, ''));
  }

  private async whileConnected(work: () => Promise<void>): Promise<void> {
    try {
      if (this.messaging.commands.ready) await work();
    } catch {
      // Redis went away: the others notice by themselves that this replica is gone.
    }
  }
}

const noContent = Buffer.alloc(0);

function isRequest({ header }: OpenedMessage): boolean {
  return header.direction === (Direction.request as number);
}

/** The id of the HTTP request that caused this one, as payloads carry it. */
function requestIdOf(payload: unknown): string | undefined {
  const id = (payload as { request_id?: unknown } | undefined)?.request_id;
  return typeof id === 'string' ? id : undefined;
}
