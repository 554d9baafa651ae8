import { z } from 'zod';
import { defineQueue } from '@otpost/contracts';

export const drain = defineQueue({
  name: 'vault.drain',
  owner: 'vault',
  job: z.object({ endpoint_id: z.uuid() }),
  jobId: ({ endpoint_id }) => endpoint_id,
  attempts: 3,
  backoffMs: 20,
});

export const expire = defineQueue({
  name: 'vault.expire',
  owner: 'vault',
  job: z.object({ challenge_id: z.uuid(), expires_at_ms: z.int() }),
  jobId: ({ challenge_id }) => challenge_id,
});

export const elsewhere = defineQueue({
  name: 'dispatcher.elsewhere',
  owner: 'dispatcher',
  job: z.object({ id: z.uuid() }),
  jobId: ({ id }) => id,
});
