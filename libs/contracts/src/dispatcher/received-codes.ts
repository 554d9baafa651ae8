import { z } from 'zod';
import { defineEvent } from '../rpc.js';

/** A code of a credential was deposited: its waiting challenges may claim it. Lost ones do no harm: the rows say what is there. */
export const receivedCodeDeposited = defineEvent({
  pattern: 'dispatcher.received-codes.deposited',
  payload: z.object({ workspace_id: z.uuid(), credential_id: z.uuid() }),
});
