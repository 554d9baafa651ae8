import { randomBytes } from 'node:crypto';
import {
  AppError,
  type EventContract,
  type PayloadOf,
  type RequestOf,
  type ResponseOf,
  type RpcContract,
  type ServiceName,
} from '@otpost/contracts';
import { inSpan, traceParent } from '@otpost/platform';
import { encodeBody, encodeRequest } from './contract-codec.js';
import { Deadlines } from './deadlines.js';
import type { Messaging } from './messaging.js';
import { OutgoingEvent } from './outgoing-event.js';
import { Outbox, overloaded } from './outbox.js';
import { type CallEnd, type CallOutcome, PendingCall } from './pending-call.js';
import { RedisConnection } from './redis-connection.js';
import { readReplies } from './reply-reader.js';
import { missingRequests, runScript } from './scripts.js';
import { addressBytes, Direction, encodeEnvelope, idBytes, noReply, peekId } from './wire.js';
import { Withdrawals } from './withdrawals.js';

export interface CallOptions {
  /** Aborted: the call ends as `cancelled`, the handler's own signal is aborted, an unread request is withdrawn. */
  signal?: AbortSignal | undefined;
  /** How long to wait, instead of the contract's time. */
  deadlineMs?: number | undefined;
}

export interface RpcClientOptions {
  /** Calls under way at once; more are refused at once as `overloaded`. */
  maxInFlight?: number;
  /** Told how each call ended. */
  observe?: (outcome: CallOutcome) => void;
}

const longestDeadlineMs = 120_000;
/** As long as Redis is away, a call waits for it: a restart goes unnoticed. After that, calls fail at once until it is back. */
const bridgedOutageMs = 2_000;
/** How long an event waits for a replica. */
const eventDeadlineMs = 60_000;
/** How long an event waits for Redis to come back. */
const eventWaitMs = 5_000;
/** How often requests without an answer are looked for. */
const probeIntervalMs = 1_000;

/** Asks other services, and tells them things. One per process; it reads the replies of all its calls with one connection. */
export class RpcClient {
  private readonly address = randomBytes(addressBytes);
  private readonly replies: RedisConnection;
  private readonly outboxes = new Map<ServiceName, Outbox>();
  private readonly pending = new Map<string, PendingCall>();
  private readonly events = new Set<OutgoingEvent>();
  private readonly deadlines: Deadlines;
  private readonly probe: NodeJS.Timeout;
  private readonly stopListening: () => void;
  private readonly reading: Promise<void>;
  private readonly maxInFlight: number;
  private readonly withdrawals: Withdrawals;
  private sequence = 0;
  private isClosed = false;

  constructor(
    private readonly messaging: Messaging,
    private readonly options: RpcClientOptions = {},
  ) {
    this.maxInFlight = options.maxInFlight ?? 2_000;
    this.withdrawals = new Withdrawals(messaging);
    this.deadlines = new Deadlines(messaging.now, (now) => this.expire(now));
    this.stopListening = messaging.commands.onReady(() => this.resume());
    this.replies = messaging.connect('blocking');
    this.reading = readReplies(this.replies, messaging.keys.replies(this.address.toString('hex')), (frame) =>
      this.onReply(frame),
    );
    this.probe = setInterval(() => void this.sendLostAgain(probeIntervalMs * 0.9), probeIntervalMs).unref();
  }

  /** How many calls wait for their reply. */
  get inFlight(): number {
    return this.pending.size;
  }

  /**
   * Asks the service of `contract` and resolves with its response.
   *
   * Rejects with the handler's own `AppError`, or with: `overloaded` (too many under way, here or in all replicas: not executed),
   * `unavailable` (never left this process: Redis is away, and was for two seconds), `deadline_exceeded`, `cancelled`,
   * `outcome_unknown` (at-most-once contracts only: it may or may not have been executed), `internal` (the handler failed, or one
   * side broke the contract).
   */
  call<Contract extends RpcContract>(
    contract: Contract,
    payload: RequestOf<Contract>,
    options: CallOptions = {},
  ): Promise<ResponseOf<Contract>> {
    return inSpan({ name: contract.pattern, kind: 'client' }, () => {
      return new Promise((resolve, reject) => {
        this.start(contract, payload, options, { resolve: resolve as (response: unknown) => void, reject });
      });
    });
  }

  /**
   * Tells the service of `contract`; one replica handles it. Resolves once Redis has it, which is no promise that it is handled:
   * what must not be lost is a row.
   */
  emit<Contract extends EventContract>(contract: Contract, payload: PayloadOf<Contract>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) throw unavailable('client is closed');
      if (this.events.size >= this.maxInFlight) throw overloaded('too many events wait for Redis');
      const body = encodeBody(contract.payload, payload, `event ${contract.pattern}`);
      const now = this.messaging.now();
      const id = this.nextId();
      const envelope = encodeEnvelope({
        id,
        deadline: now + eventDeadlineMs,
        replyTo: noReply,
        pattern: contract.pattern,
      });
      const frame = this.messaging.sealer.seal(
        Direction.event,
        envelope,
        encodeRequest({ incarnation: '', trace: traceParent(), body }),
      );
      const event = new OutgoingEvent(frame, now + eventWaitMs, { resolve, reject }, (ended) =>
        this.events.delete(ended),
      );
      this.events.add(event);
      this.deadlines.add(event.giveUpAt);
      this.outbox(contract.service).add(event);
    });
  }

  /** Ends what is under way (`unavailable`; `outcome_unknown` where it may have been executed) and lets go of Redis. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.probe);
    this.deadlines.stop();
    this.stopListening();
    for (const call of [...this.pending.values()]) call.giveUp('unavailable');
    for (const event of [...this.events]) event.refused(unavailable('client is closed'));
    this.replies.close();
    await this.reading;
  }

  private start(contract: RpcContract, payload: unknown, options: CallOptions, end: CallEnd): void {
    const { signal } = options;
    if (this.isClosed) throw unavailable('client is closed');
    if (signal?.aborted === true) throw cancelled();
    if (this.pending.size >= this.maxInFlight) throw overloaded('this process waits for too many replies');
    const body = encodeBody(contract.request, payload, `request of ${contract.pattern}`);
    const startedAt = this.messaging.now();
    const deadline = startedAt + Math.min(options.deadlineMs ?? contract.deadlineMs, longestDeadlineMs);
    const unsentUntil = (this.messaging.commands.lostAt ?? startedAt) + bridgedOutageMs;
    if (unsentUntil <= startedAt) throw unavailable('Redis is away');
    const id = this.nextId();
    const envelope = encodeEnvelope({ id, deadline, replyTo: this.address, pattern: contract.pattern });
    const onAbort = () => this.cancel(call);
    const call = new PendingCall(
      contract,
      envelope,
      deadline,
      startedAt,
      unsentUntil,
      { trace: traceParent(), body },
      this.messaging.sealer,
      end,
      (_, code) => {
        this.pending.delete(key);
        signal?.removeEventListener('abort', onAbort);
        this.options.observe?.({ pattern: contract.pattern, code, durationMs: this.messaging.now() - startedAt });
      },
    );
    const key = id.toString('latin1');
    this.pending.set(key, call);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.deadlines.add(this.messaging.commands.ready ? deadline : call.givenUpAt);
    this.outbox(contract.service).add(call);
  }

  private onReply(frame: Buffer): void {
    const call = this.pending.get(peekId(frame));
    // A second reply to a request that was sent twice, or one that came too late.
    if (call === undefined) return;
    try {
      const reply = this.messaging.sealer.open(frame, Direction.reply);
      if (reply.header.envelope.equals(call.envelope)) call.answer(reply.content);
    } catch {
      this.messaging.logger.warn('rpc.reply_refused', { pattern: call.contract.pattern });
    }
  }

  private cancel(call: PendingCall): void {
    call.fail(cancelled());
    if (call.maybeSent) this.withdrawals.add(call, { isToStop: true });
  }

  private expire(now: number): number {
    let next = Infinity;
    for (const call of this.pending.values()) {
      if (call.givenUpAt > now) {
        next = Math.min(next, call.givenUpAt);
        continue;
      }
      call.giveUp(this.messaging.commands.ready ? 'deadline_exceeded' : 'unavailable');
      if (call.maybeSent) this.withdrawals.add(call);
    }
    for (const event of this.events) {
      if (event.giveUpAt > now) next = Math.min(next, event.giveUpAt);
      else event.refused(unavailable('Redis did not take the event'));
    }
    return next;
  }

  private resume(): void {
    for (const outbox of this.outboxes.values()) outbox.schedule();
    void this.sendLostAgain(0);
  }

  /**
   * Sends again what was in no stream twice in a row and is still not answered: lost with Redis's memory, or its reply with a
   * connection. Only requests that may be executed twice. A request that merely waits, or is being handled, is not sent again, so that
   * a slow service is not made slower; nor is one whose reply is on its way, hence twice.
   */
  private async sendLostAgain(quietMs: number): Promise<void> {
    const { commands, keys, now } = this.messaging;
    for (const [service, outbox] of this.outboxes) {
      const calls = [...this.pending.values()].filter(
        ({ contract, atMostOnce, entryId, soughtAt }) =>
          contract.service === service && !atMostOnce && entryId !== '' && now() - soughtAt >= quietMs,
      );
      if (calls.length === 0 || !commands.ready) continue;
      const entryIds = calls.map(({ entryId }) => entryId);
      const missing = await runScript(commands.client, missingRequests, [keys.requests(service)], entryIds).catch(
        () => [],
      );
      for (const call of calls) call.soughtAt = now();
      for (const index of missing as number[]) {
        const call = calls[index];
        if (call === undefined || call.settled) continue;
        if (!call.isMissing) {
          call.isMissing = true;
          continue;
        }
        call.entryId = '';
        outbox.add(call);
      }
    }
  }

  private outbox(service: ServiceName): Outbox {
    let outbox = this.outboxes.get(service);
    if (outbox === undefined) {
      outbox = new Outbox(service, this.messaging.commands, this.messaging.keys);
      this.outboxes.set(service, outbox);
    }
    return outbox;
  }

  /** This process's random address and a counter: unique without asking for randomness each time. */
  private nextId(): Buffer {
    const id = Buffer.allocUnsafe(idBytes);
    this.address.copy(id, 0, 0, idBytes - 6);
    id.writeUIntBE((this.sequence += 1), idBytes - 6, 6);
    return id;
  }
}

function unavailable(internal: string): AppError {
  return new AppError('unavailable', 'Temporarily unavailable, try again', { internal, retryAfterSeconds: 1 });
}

function cancelled(): AppError {
  return new AppError('cancelled', 'Cancelled by the caller');
}
