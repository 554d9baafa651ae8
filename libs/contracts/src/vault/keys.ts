import { z } from 'zod';
import { caller, workspaceCaller } from '../caller.js';
import { defineRpc } from '../rpc.js';

/** Which keys are in use, and how far their rotation has come. */
export const keyStatusView = z.object({
  active_kek: z.string(),
  /** What each key-encryption key wraps. One with nothing under it, and not active, can be retired. */
  keks: z.array(z.object({ id: z.string(), data_keys: z.int(), key_pairs: z.int() })),
  data_keys: z.int(),
  /** Data keys and key pairs that the active KEK does not wrap yet. */
  data_keys_under_old_keks: z.int(),
  /** Data keys that only open, until nothing is left under them. */
  retiring_data_keys: z.int(),
  rows_under_old_data_keys: z.int(),
});
export type KeyStatusView = z.output<typeof keyStatusView>;

export const keyStatus = defineRpc({
  pattern: 'vault.keys.status',
  request: caller,
  response: keyStatusView,
});

/** A data key of a workspace, without anything of the key. */
export const dataKeyView = z.object({
  id: z.uuid(),
  version: z.int(),
  /** `active` seals and opens; `retiring` only opens, until nothing is left under it; `destroyed` is gone. */
  state: z.enum(['active', 'retiring', 'destroyed']),
  /** False: `./otpost keys rotate-kek` wraps it anew. */
  is_under_active_kek: z.boolean(),
  /** What is still to be re-encrypted; null of one that is not retiring. */
  rows_left: z.int().nullable(),
  created_at: z.iso.datetime(),
  retired_at: z.iso.datetime().nullable(),
  destroyed_at: z.iso.datetime().nullable(),
});
export type DataKeyView = z.output<typeof dataKeyView>;

/** The workspace's own, newest first; of the destroyed ones the latest. */
export const listDataKeys = defineRpc({
  pattern: 'vault.keys.list-data-keys',
  request: workspaceCaller,
  response: z.object({ items: z.array(dataKeyView) }),
});

/**
 * Wraps every data key with the KEK that is active in the vault's keyring or KMS. Resumable: asked again, it goes on where it stopped.
 * Making a new KEK is no request: the keyring is a file, and every vault needs it before anything is wrapped with the new key.
 */
export const rotateKek = defineRpc({
  pattern: 'vault.keys.rotate-kek',
  request: caller,
  response: z.object({
    active_kek: z.string(),
    rewrapped: z.int(),
    /** Keys whose KEK is not in the keyring, or that do not unwrap. */
    failed: z.int(),
  }),
  deadlineMs: 120_000,
});

/** Gives a workspace, or all, a new data key. Re-encrypting goes on in the background; `vault.keys.status` tells how far it is. */
export const rotateDataKeys = defineRpc({
  pattern: 'vault.keys.rotate-dek',
  request: caller.extend({ workspace_id: z.uuid().nullable() }),
  response: z.object({
    /** Workspaces with a new key. */
    workspaces: z.int(),
    /** Workspaces whose earlier rotation has not ended: they go on with that one. */
    under_way: z.int(),
  }),
  deadlineMs: 120_000,
});
