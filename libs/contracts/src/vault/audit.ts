import { z } from 'zod';
import { workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc } from '../rpc.js';

/** What the audit tells: `<resource>.<what happened>`. */
export const auditEntryView = z.object({
  id: z.uuid(),
  /** Place in the workspace's chain; null for the second before the sealer has come by. */
  seq: z.int().nullable(),
  at: z.iso.datetime(),
  actor: z.object({ kind: z.string(), id: z.string() }),
  action: z.string(),
  resource: z.object({ type: z.string(), id: z.string().nullable() }),
  ip: z.string().nullable(),
  request_id: z.string().nullable(),
  details: z.record(z.string(), z.json()),
  prev_hash: z.string().nullable(),
  hash: z.string().nullable(),
});

export const listAudit = defineRpc({
  pattern: 'vault.audit.list',
  request: workspaceCaller.extend({
    page: pageRequest,
    action: z.string().max(100).nullish(),
    resource_id: z.string().max(100).nullish(),
  }),
  response: pageOf(auditEntryView),
});

/** Recomputes the workspace's chain from its first entry. */
export const verifyAudit = defineRpc({
  pattern: 'vault.audit.verify',
  request: workspaceCaller,
  response: z.object({
    valid: z.boolean(),
    entries: z.int(),
    /** The newest hash: kept elsewhere, it proves later that nothing before it was changed. */
    head: z.string().nullable(),
    first_invalid_seq: z.int().nullable(),
  }),
  deadlineMs: 60_000,
});

export const readUsage = defineRpc({
  pattern: 'vault.usage.read',
  request: workspaceCaller.extend({ from: z.iso.date(), to: z.iso.date() }),
  response: z.object({ days: z.array(z.object({ day: z.iso.date(), counts: z.record(z.string(), z.int()) })) }),
});
