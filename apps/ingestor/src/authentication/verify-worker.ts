import { authenticate } from 'mailauth';
import type { AuthResults } from '@otpost/contracts';
import { serveTasks, type Ask } from '../workers/serve-tasks.js';
import { readResults } from './read-results.js';

/** A mail and the envelope it came in. */
export interface VerifyTask {
  raw: Uint8Array;
  /** The one domain that the parser took the From header for: what is proven must be that very one. */
  fromDomain: string | null;
  /** Null where nobody knows who connected: then SPF says nothing. */
  ip: string | null;
  helo: string | null;
  mailFrom: string | null;
  /** Our own name. */
  mta: string;
  /** Then the DNS is asked nothing more, and what is known by then is the result. */
  timeLimitMs: number;
}

/** What a thread asks of the main one, which alone talks to the DNS. */
export interface DnsQuestion {
  name: string;
  type: string;
}

serveTasks({
  async verify(task: VerifyTask, ask: Ask): Promise<AuthResults> {
    const { raw, fromDomain, ip, helo, mailFrom, mta, timeLimitMs } = task;
    const overdue = AbortSignal.timeout(timeLimitMs);
    const results = await authenticate(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), {
      mta,
      disableArc: true,
      disableBimi: true,
      resolver: (name, type) => inTime(overdue, ask({ name, type } satisfies DnsQuestion) as Promise<string[]>),
      ...(ip === null ? {} : { ip }),
      ...(helo === null ? {} : { helo }),
      ...(mailFrom === null || mailFrom === '' ? {} : { sender: mailFrom }),
    });
    return readResults(results, fromDomain);
  },
});

/** A question to the DNS, which fails as one that timed out when the time for all of them is over. */
function inTime<Answer>(overdue: AbortSignal, answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onOverdue = () => reject(Object.assign(new Error('ETIMEOUT'), { code: 'ETIMEOUT' }));
    if (overdue.aborted) onOverdue();
    overdue.addEventListener('abort', onOverdue, { once: true });
    answer.then(resolve, reject).finally(() => overdue.removeEventListener('abort', onOverdue));
  });
}
