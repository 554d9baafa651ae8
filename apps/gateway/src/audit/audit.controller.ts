import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { auditEntryView, listAudit, pageOf, pageRequest, readUsage, verifyAudit } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

const tag = 'Audit and usage';
const access = 'admin';
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/audit',
  access,
  tag,
  summary: 'Who read or changed what, newest first',
  query: z.strictObject({
    ...pageRequest.shape,
    action: z.string().max(100).optional(),
    resource_id: z.string().max(100).optional(),
  }),
  response: pageOf(auditEntryView),
});

const verify = defineEndpoint({
  method: 'GET',
  path: '/v1/audit/verify',
  access,
  tag,
  summary: 'Recompute the hash chain of the audit from its first entry; a hash kept elsewhere must still be in it',
  query: z
    .strictObject({ known_seq: z.coerce.number().int().min(1).optional(), known_hash: sha256.optional() })
    .refine(({ known_seq, known_hash }) => (known_seq === undefined) === (known_hash === undefined), {
      path: ['known_hash'],
      error: 'send known_seq and known_hash together',
    }),
  response: verifyAudit.response,
});

const usage = defineEndpoint({
  method: 'GET',
  path: '/v1/usage',
  access,
  tag,
  summary: 'How often what was done, by day (UTC); the last 30 days unless told otherwise',
  query: z.strictObject({ from: z.iso.date().optional(), to: z.iso.date().optional() }),
  response: readUsage.response,
});

@Controller()
export class AuditController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query: { action, resource_id, ...page } }: InputOf<typeof list>) {
    return this.rpc.call(listAudit, { ...call.caller, page, action, resource_id }, { signal: call.signal });
  }

  @Handles(verify)
  async verify(@CallOf() call: Call, @Input() { query: { known_seq: seq, known_hash: hash } }: InputOf<typeof verify>) {
    const known = seq === undefined || hash === undefined ? null : { seq, hash };
    return this.rpc.call(verifyAudit, { ...call.caller, known }, { signal: call.signal });
  }

  @Handles(usage)
  async usage(@CallOf() call: Call, @Input() { query }: InputOf<typeof usage>) {
    const to = query.to ?? new Date().toISOString().slice(0, 10);
    const from = query.from ?? new Date(Date.parse(to) - 29 * 86_400_000).toISOString().slice(0, 10);
    return this.rpc.call(readUsage, { ...call.caller, from, to }, { signal: call.signal });
  }
}
