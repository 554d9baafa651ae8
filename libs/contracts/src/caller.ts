import { z } from 'zod';

/** Who asks, as the audit will tell it: an API key, the root key, a seat in the console, or otpost itself. */
export const actor = z.object({
  kind: z.enum(['api_key', 'root', 'seat', 'system']),
  id: z.string().max(64),
});
export type Actor = z.infer<typeof actor>;

/** On whose behalf a request crosses from one service to another. The gateway makes it once, after authentication. */
export const caller = z.object({
  actor,
  ip: z.string().max(64).nullable(),
  request_id: z.string().max(128),
});
export type Caller = z.infer<typeof caller>;

/** A caller inside one workspace: what nearly every request starts with. */
export const workspaceCaller = caller.extend({ workspace_id: z.uuid() });
export type WorkspaceCaller = z.infer<typeof workspaceCaller>;

/**
 * An `Idempotency-Key` on its way to the owner of the resource, which records it in the resource's own transaction.
 * `body_hmac` is hex of a keyed HMAC: two requests are the same when it is.
 */
export const idempotency = z.object({
  key: z.string().min(1).max(255),
  route: z.string().max(128),
  body_hmac: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Idempotency = z.infer<typeof idempotency>;
