import { promises as dns } from 'node:dns';
import type { LookupAddress } from 'node:dns';

/** All addresses of a name. Rejects with an error that has a `code`. */
export type ResolveHost = (hostname: string) => Promise<LookupAddress[]>;

const queryTimeoutMs = 2_000;
const tries = 2;

/**
 * Resolves a name by asking the name servers on the event loop. getaddrinfo would do it on a few threads shared by the whole process, where
 * two names whose servers do not answer keep all others waiting for half a minute. It is asked only for what DNS says is not there:
 * names of /etc/hosts and of search domains.
 */
export const resolveHost: ResolveHost = async (hostname) => {
  // Made anew each time, so that a changed resolv.conf counts. It happens once per connection.
  const resolver = new dns.Resolver({ timeout: queryTimeoutMs, tries });
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = [
    ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length > 0) return found;
  for (const outcome of [v4, v6]) if (outcome.status === 'rejected' && isSilence(outcome.reason)) throw outcome.reason;
  return dns.lookup(hostname, { all: true });
};

function isSilence(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ETIMEOUT';
}
