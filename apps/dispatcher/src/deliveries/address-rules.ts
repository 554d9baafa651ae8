import { BlockList, isIP } from 'node:net';
import type { Cidr } from '@otpost/platform';

/** What nobody outside may have us call (RFC 6890 and the registries it began; and what clouds keep their metadata on). */
const refusedV4: readonly [address: string, prefixLength: number][] = [
  ['0.0.0.0', 8], // this network; 0.0.0.0 is this host
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT; Alibaba's metadata
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // Azure's wire server
  ['169.254.0.0', 16], // link-local; the metadata of most clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments; Oracle's metadata
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24], // AS112
  ['192.52.193.0', 24], // AMT
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['192.175.48.0', 24], // AS112
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved; broadcast
];

/** Of IPv6 only global unicast is reachable, and not all of that. Teredo and 6to4 hold an IPv4 address and are gone anyway. */
const globalUnicast: readonly [address: string, prefixLength: number] = ['2000::', 3];
const refusedV6: readonly [address: string, prefixLength: number][] = [
  ['2001::', 23], // protocol assignments: Teredo, ORCHID, benchmarks
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['2620:4f:8000::', 48], // AS112
  ['3fff::', 20], // documentation
];

/** IPv6 forms of an IPv4 address that a network may really route: IPv4-mapped, and NAT64 (RFC 6052). Judged by what they hold. */
const embeddingPrefixes = ['::ffff:', '64:ff9b::'];
const embeddingBits = 96;

/** Which addresses webhooks may go to. What is not known to be public is refused. */
export class AddressRules {
  readonly #reachableV6 = new BlockList();
  readonly #refused = new BlockList();
  readonly #exceptions = new BlockList();

  /** @param exceptions blocks that are allowed although they are refused to others */
  constructor(exceptions: readonly Cidr[] = []) {
    this.#reachableV6.addSubnet(...globalUnicast, 'ipv6');
    for (const prefix of embeddingPrefixes) this.#reachableV6.addSubnet(`${prefix}0.0.0.0`, embeddingBits, 'ipv6');
    for (const [address, length] of refusedV6) this.#refused.addSubnet(address, length, 'ipv6');
    for (const [address, length] of refusedV4) {
      this.#refused.addSubnet(address, length, 'ipv4');
      for (const prefix of embeddingPrefixes) this.#refused.addSubnet(prefix + address, embeddingBits + length, 'ipv6');
    }
    for (const { address, prefixLength, family } of exceptions)
      this.#exceptions.addSubnet(address, prefixLength, family);
  }

  /** @param address as text, IPv6 without brackets; anything else is not allowed */
  allows(address: string): boolean {
    const version = isIP(address);
    // An address with a zone is of a link, and BlockList does not know its form.
    if (version === 0 || address.includes('%')) return false;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    if (this.#exceptions.check(address, family)) return true;
    if (this.#refused.check(address, family)) return false;
    return version === 4 || this.#reachableV6.check(address, 'ipv6');
  }
}
