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
}

/** What a thread asks of the main one, which alone talks to the DNS. */
export interface DnsQuestion {
  name: string;
  type: string;
}

serveTasks({
  async verify({ raw, fromDomain, ip, helo, mailFrom, mta }: VerifyTask, ask: Ask): Promise<AuthResults> {
    const results = await authenticate(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), {
      mta,
      disableArc: true,
      disableBimi: true,
      resolver: (name, type) => ask({ name, type } satisfies DnsQuestion) as Promise<string[]>,
      ...(ip === null ? {} : { ip }),
      ...(helo === null ? {} : { helo }),
      ...(mailFrom === null || mailFrom === '' ? {} : { sender: mailFrom }),
    });
    return readResults(results, fromDomain);
  },
});
