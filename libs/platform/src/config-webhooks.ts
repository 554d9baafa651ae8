import { isIP } from 'node:net';
import { z } from 'zod';

/** A block of addresses. */
export interface Cidr {
  address: string;
  family: 'ipv4' | 'ipv6';
  prefixLength: number;
}

/** `10.0.0.0/8,fd00::1`; an address stands for itself alone. */
const cidrs = z.string().transform((text, context): readonly Cidr[] =>
  text.split(',').flatMap((part) => {
    const cidr = parseCidr(part.trim());
    if (cidr !== null) return cidr;
    context.addIssue({ code: 'custom', message: 'must be CIDRs such as 10.0.0.0/8, separated by commas' });
    return [];
  }),
);

/** Of the dispatcher alone: where webhooks may go. */
export const webhookFields = {
  OTPOST_WEBHOOK_ALLOW_CIDRS: cidrs.optional().meta({
    description:
      'Addresses and CIDRs, comma separated, that webhooks may go to although they are private, local or reserved. Default: none.',
    example: '10.20.0.0/16,fd12::/48',
  }),
};

function parseCidr(text: string): Cidr | null {
  const [address = '', length, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return null;
  const bits = version === 4 ? 32 : 128;
  const prefixLength = length === undefined ? bits : Number(length);
  return prefixLength <= bits ? { address, family: version === 4 ? 'ipv4' : 'ipv6', prefixLength } : null;
}
