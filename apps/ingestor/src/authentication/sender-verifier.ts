import type { AuthResults } from '@otpost/contracts';
import { WorkerPool, type ThreadSource } from '../workers/worker-pool.js';
import type { DnsLookUp } from './dns.js';
import type { DnsQuestion, VerifyTask } from './verify-worker.js';

export interface SenderVerifierOptions {
  dns: DnsLookUp;
  thread?: ThreadSource;
  timeLimitMs?: number;
}

const defaultTimeLimitMs = 2_000;
/** Beyond what mailboxes and their relays add; each one more is a hash over the body and a question to the DNS. */
const mostSignatures = 8;

/** SPF, DKIM and DMARC (RFC 7208, 6376, 7489), in a thread of its own, within two seconds. */
export class SenderVerifier {
  private readonly pool: WorkerPool;
  private readonly timeLimitMs: number;

  constructor({ dns, thread, timeLimitMs = defaultTimeLimitMs }: SenderVerifierOptions) {
    this.timeLimitMs = timeLimitMs;
    this.pool = new WorkerPool({
      ...(thread ?? { script: new URL('./verify-worker.js', import.meta.url) }),
      threads: 1,
      tasksPerThread: 64,
      // The time for the DNS is over long before; a thread that is still busy then computes, and is ended.
      timeLimitMs: timeLimitMs + 3_000,
      maxWaiting: 500,
      resourceLimits: { maxOldGenerationSizeMb: 512 },
      answer: (question) => {
        const { name, type } = question as DnsQuestion;
        return dns(name, type);
      },
    });
  }

  start(): Promise<void> {
    return this.pool.start();
  }

  /** Never rejects: what cannot be told in time is a `temperror`, which proves nothing. */
  async verify(mail: Omit<VerifyTask, 'timeLimitMs'>, dkimSignatures: number): Promise<AuthResults> {
    if (dkimSignatures > mostSignatures) return undecided('permerror');
    const signal = AbortSignal.timeout(this.timeLimitMs);
    const task: VerifyTask = { ...mail, timeLimitMs: this.timeLimitMs };
    return this.pool.run<AuthResults>('verify', task, { signal }).catch(() => undecided('temperror'));
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

function undecided(result: 'temperror' | 'permerror'): AuthResults {
  return {
    checked_by: 'otpost',
    spf: { result, domain: null },
    dkim: [],
    dmarc: { result, domain: null, policy: null },
    authenticated_domain: null,
  };
}
