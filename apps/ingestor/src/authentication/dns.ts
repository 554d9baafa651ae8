import { Resolver } from 'node:dns/promises';

/** One question to the DNS: as `dns.promises.resolve`, rejecting with its codes (ENOTFOUND, ENODATA, ETIMEOUT). */
export type DnsLookUp = (name: string, type: string) => Promise<unknown>;

const types = new Set(['A', 'AAAA', 'MX', 'PTR', 'TXT']);

/** Asks the system's resolvers, or these. Each question is asked once and has its time: the whole check has two seconds. */
export function dnsLookUp(servers?: readonly string[]): DnsLookUp {
  const resolver = new Resolver({ timeout: 1_500, tries: 1 });
  if (servers !== undefined && servers.length > 0) resolver.setServers(servers);
  return (name, type) => {
    if (!types.has(type)) return Promise.reject(Object.assign(new Error('ENODATA'), { code: 'ENODATA' }));
    return resolver.resolve(name, type);
  };
}
