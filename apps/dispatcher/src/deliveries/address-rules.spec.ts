import { describe, expect, it } from '@jest/globals';
import { AddressRules } from './address-rules.js';

const rules = new AddressRules();

describe('AddressRules', () => {
  it.each([
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1']],
    ['carrier-grade NAT', ['100.64.0.1', '100.127.255.255']],
    ['link-local', ['169.254.0.1', 'fe80::1', 'febf::1', 'fe80::1%eth0', 'fec0::1']],
    [
      'metadata',
      ['169.254.169.254', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254', 'fe80::a9fe:a9fe'],
    ],
    ['multicast and broadcast', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1', 'ff0e::1']],
    [
      'documentation and benchmarks',
      ['192.0.2.1', '198.51.100.7', '203.0.113.9', '198.18.0.1', '2001:db8::1', '3fff::1'],
    ],
    [
      'IPv4-mapped',
      ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::ffff:0.0.0.0'],
    ],
    ['IPv4-compatible', ['::127.0.0.1', '::10.0.0.1', '::8.8.8.8']],
    ['IPv4-translated', ['::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8']],
    [
      'NAT64',
      ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::10.0.0.1', '64:ff9b:1::8.8.8.8', '64:ff9b:1:ffff::1'],
    ],
    ['6to4', ['2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:808:808::1']],
    ['Teredo', ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1']],
    ['not assigned', ['100::1', '4000::1', '5f00::1', 'e000::1', '240.0.0.1']],
    ['no address at all', ['', 'localhost', '1.2.3', '0x7f.1', '[::1]', '127.0.0.1:80', '1.2.3.4/8']],
  ])('refuses what is %s', (_, addresses) => {
    expect(addresses.filter((address) => rules.allows(address))).toEqual([]);
  });

  it('allows what is public, also behind NAT64 and IPv4-mapped', () => {
    const addresses = [
      '1.1.1.1',
      '9.255.255.255',
      '100.63.255.255',
      '100.128.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
      '223.255.255.255',
      '2606:4700:4700::1111',
      '2a00:1450:4001::200e',
      '2001:4860:4860::8888',
      '::ffff:1.1.1.1',
      '64:ff9b::1.1.1.1',
    ];
    expect(addresses.filter((address) => !rules.allows(address))).toEqual([]);
  });

  it('allows the exceptions, and nothing beside them', () => {
    const excepted = new AddressRules([
      { address: '127.0.0.0', family: 'ipv4', prefixLength: 8 },
      { address: 'fd12::', family: 'ipv6', prefixLength: 48 },
    ]);
    expect(excepted.allows('127.0.0.1')).toBe(true);
    expect(excepted.allows('::ffff:127.0.0.1')).toBe(true);
    expect(excepted.allows('fd12::5')).toBe(true);
    for (const address of ['10.0.0.1', '::1', 'fd13::5', 'fd12:0:1::5', '169.254.169.254']) {
      expect(excepted.allows(address)).toBe(false);
    }
  });
});
