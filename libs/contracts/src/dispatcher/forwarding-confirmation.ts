import { z } from 'zod';
import type { Secret } from '@otpost/envelope';
import { caller } from '../caller.js';
import { defineRpc } from '../rpc.js';
import { PageNames } from './page-names.js';

/** The page on which the owner of a destination agrees to get copies: `<gateway>/confirm/<confirmation id>.<token>`. */
export class ConfirmationPages {
  readonly #names: PageNames;

  /** @param transportKey see {@link PageNames} */
  constructor(transportKey: Secret) {
    this.#names = new PageNames(transportKey, 'forwarding confirmation page');
  }

  /** The link, below the gateway's URL as people reach it. */
  urlOf(publicUrl: string, confirmationId: string): string {
    return `${publicUrl.replace(/\/+$/, '')}/confirm/${this.#names.nameOf(confirmationId)}`;
  }

  /** The confirmation that a name is of; undefined when nobody of this deployment made it. */
  confirmationOf(name: string): string | undefined {
    return this.#names.idOf(name);
  }
}

/** What the owner of a destination sees. The id was proven by its link. */
export const readForwardingConfirmation = defineRpc({
  pattern: 'dispatcher.forwarding-confirmations.read',
  request: caller.extend({ id: z.uuid() }),
  response: z.object({
    status: z.enum(['open', 'confirmed', 'expired']),
    /** Shortened: enough to recognise one's own. */
    destination: z.string(),
    /** Whether it is about one credential's messages or all of the workspace's. */
    covers: z.enum(['credential', 'workspace']),
  }),
});

/** The owner of a destination agrees, for every rule of the workspace that names it. Once agreed, again changes nothing. */
export const confirmForwarding = defineRpc({
  pattern: 'dispatcher.forwarding-confirmations.confirm',
  request: caller.extend({ id: z.uuid() }),
  response: z.object({ status: z.enum(['confirmed', 'expired']) }),
});
