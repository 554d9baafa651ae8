import { z } from 'zod';
import { workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc } from '../rpc.js';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** One entry of the trail, with every field that its hash covers: docs/audit.md says how. */
export const auditEntryView = z.object({
  id: z.uuid(),
  /** Place in the workspace's chain; null for the second before the sealer has come by. */
  seq: z.int().nullable(),
  at: z.iso.datetime(),
  actor: z.object({ kind: z.string(), id: z.string().nullable() }),
  /** `<resource>.<what happened>` */
  action: z.string(),
  resource: z.object({ type: z.string(), id: z.string().nullable() }),
  ip: z.string().nullable(),
  request_id: z.string().nullable(),
  details: z.record(z.string(), z.json()).nullable(),
  prev_hash: sha256Hex.nullable(),
  hash: sha256Hex.nullable(),
});
export type AuditEntryView = z.output<typeof auditEntryView>;

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
  request: workspaceCaller.extend({
    /** A hash that was kept elsewhere: tells also whether the whole chain was made anew since. */
    known: z.object({ seq: z.int().min(1), hash: sha256Hex }).nullish(),
  }),
  response: z.object({
    valid: z.boolean(),
    /** How many entries were found in order; when valid, also the `seq` of the newest one. */
    entries: z.int(),
    /** The newest hash: kept elsewhere, it proves later that nothing before it was changed. */
    head: sha256Hex.nullable(),
    first_invalid_seq: z.int().nullable(),
  }),
  deadlineMs: 60_000,
});

/** What was done on each day (UTC) from `from` to `to`, both included, 366 days at most: entries of the audit by action. */
export const readUsage = defineRpc({
  pattern: 'vault.usage.read',
  request: workspaceCaller.extend({ from: z.iso.date(), to: z.iso.date() }),
  /** Days with nothing done are left out. */
  response: z.object({ days: z.array(z.object({ day: z.iso.date(), counts: z.record(z.string(), z.int()) })) }),
});
