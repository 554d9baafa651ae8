import { z } from 'zod';
import { caller } from '../caller.js';
import { defineRpc } from '../rpc.js';

/** How far key rotation has come. */
export const keyStatusView = z.object({
  active_kek: z.string(),
  data_keys: z.int(),
  data_keys_under_old_keks: z.int(),
  rows_under_old_data_keys: z.int(),
});

export const keyStatus = defineRpc({
  pattern: 'vault.keys.status',
  request: caller,
  response: keyStatusView,
});

/** Wraps every data key with the active KEK. Resumable: ends where it stopped when asked again. */
export const rotateKek = defineRpc({
  pattern: 'vault.keys.rotate-kek',
  request: caller,
  response: z.object({ rewrapped: z.int() }),
  deadlineMs: 120_000,
});

/** Gives a workspace, or all, a new data key and re-encrypts in the background. */
export const rotateDataKeys = defineRpc({
  pattern: 'vault.keys.rotate-dek',
  request: caller.extend({ workspace_id: z.uuid().nullable() }),
  response: z.object({ workspaces: z.int() }),
  deadlineMs: 120_000,
});
