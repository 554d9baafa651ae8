import { z } from 'zod';
import { defineQueue } from '../queues.js';

/**
 * A stored message for the vault: open `content` and `extraction`, put both under the workspace's data key, set `processed_at`, and,
 * where its state is `received`, deposit its code or link and set the state it ends in. In any other state (`refused`, `ambiguous`,
 * `confirmation`) the ingestor has decided already, and nothing is deposited.
 *
 * `processed_at is null` says that it is still to do: the ingestor's sweeper adds such rows again until it is set. So it is set also
 * for a message that cannot be opened.
 */
export const depositMessage = defineQueue({
  name: 'vault.deposits',
  owner: 'vault',
  job: z.object({ workspace_id: z.uuid(), inbound_message_id: z.uuid() }),
  jobId: ({ inbound_message_id }) => inbound_message_id,
  attempts: 8,
  backoffMs: 250,
});
