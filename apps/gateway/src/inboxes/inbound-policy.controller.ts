import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { hintPatternProblem } from '@otpost/code-extraction';
import {
  changeInboundPolicy,
  extractionHint,
  inboundPolicy,
  inboundPolicyView,
  normaliseDomain,
  readInboundPolicy,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';

const tag = 'Inboxes';
const path = '/v1/credentials/:credential_id/inbound-policy';
const byCredential = z.strictObject({ credential_id: uuid() });

const hint = extractionHint.superRefine(({ pattern }, context) => {
  const problem = pattern === undefined ? undefined : hintPatternProblem(pattern);
  if (problem !== undefined) context.addIssue({ code: 'custom', path: ['pattern'], message: problem });
});

const domain = z
  .string()
  .max(2_048)
  .transform((text, context) => {
    const normalised = normaliseDomain(text);
    if (normalised !== null) return normalised;
    context.addIssue({ code: 'custom', message: 'names no host' });
    return z.NEVER;
  });

const read = defineEndpoint({
  method: 'GET',
  path,
  access: 'vault:read',
  tag,
  summary: 'What a credential asks of the messages whose codes it takes',
  params: byCredential,
  response: inboundPolicyView,
});

const change = defineEndpoint({
  method: 'PATCH',
  path,
  access: 'vault:write',
  tag,
  summary: 'Say what its codes look like, and whose mail is taken; a field that is not sent stays',
  params: byCredential,
  body: inboundPolicy.partial().extend({
    extraction_hint: hint.nullish(),
    allowed_sender_domains: z.array(domain).max(32).optional(),
  }),
  response: inboundPolicyView,
});

@Controller()
export class InboundPolicyController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    return this.rpc.call(readInboundPolicy, { ...call.caller, ...params }, { signal: call.signal });
  }

  @Handles(change)
  async change(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof change>) {
    return this.rpc.call(changeInboundPolicy, { ...call.caller, ...params, change: body }, { signal: call.signal });
  }
}
