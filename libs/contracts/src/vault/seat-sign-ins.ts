import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc, secretText } from '../rpc.js';
import { scope } from '../scopes.js';
import { apiKeyId } from './api-keys.js';

/** What a seat may do in the console. */
const seatScopes = z.array(scope).min(1).max(20);

/** How far a seat is with its sign-in; a seat without one is not listed. */
export const seatSignInView = z.object({
  seat_id: z.uuid(),
  /** What it signs in as: its address when it was invited. */
  name: z.string(),
  scopes: z.array(scope),
  /** `invited`: it has not set its password and authenticator up yet. */
  status: z.enum(['invited', 'ready']),
  /** Of the link that is out; null when none is. */
  setup_expires_at: z.iso.datetime().nullable(),
  last_signed_in_at: z.iso.datetime().nullable(),
});
export type SeatSignInView = z.output<typeof seatSignInView>;

/** A token of one seat, to set its sign-in up once. What it signs in with now stays good until the link is used; its sessions end. */
export const inviteSeat = defineRpc({
  pattern: 'vault.seat-sign-ins.invite',
  request: workspaceCaller.extend({
    seat_id: z.uuid(),
    name: z.string().max(254),
    scopes: seatScopes,
    ttl_seconds: z.int().min(600).max(604_800),
    idempotency: idempotency.nullable(),
  }),
  response: z.object({ sign_in: seatSignInView, token: secretText.nullable(), status: z.int() }),
  delivery: 'at-most-once',
});

export const listSeatSignIns = defineRpc({
  pattern: 'vault.seat-sign-ins.list',
  request: workspaceCaller.extend({ page: pageRequest }),
  response: pageOf(seatSignInView),
});

/** The seat signs in no more, and its sessions end. `removed`: it had a sign-in. */
export const removeSeatSignIn = defineRpc({
  pattern: 'vault.seat-sign-ins.remove',
  request: workspaceCaller.extend({ seat_id: z.uuid() }),
  response: z.object({ removed: z.boolean() }),
});

/** Sets the password, and makes the authenticator's secret: the one time that it is shown. Nothing counts before a code of it came. */
export const beginSeatSetup = defineRpc({
  pattern: 'vault.seat-sign-ins.begin-setup',
  request: workspaceCaller.extend({ token: secretText, password: secretText }),
  response: z.object({ name: z.string(), secret: secretText, otpauth_uri: secretText }),
  delivery: 'at-most-once',
});

/** A session of a seat: a token that may do what the seat may. */
export const seatSession = z.object({
  seat_id: z.uuid(),
  token: secretText,
  token_id: apiKeyId,
  scopes: z.array(scope),
});

export const confirmSeatSetup = defineRpc({
  pattern: 'vault.seat-sign-ins.confirm-setup',
  request: workspaceCaller.extend({ token: secretText, code: secretText, ttl_seconds: z.int().min(60).max(86_400) }),
  response: seatSession,
  delivery: 'at-most-once',
});

/** Whatever is wrong, the answer and the work are the same. */
export const signSeatIn = defineRpc({
  pattern: 'vault.seat-sign-ins.sign-in',
  request: workspaceCaller.extend({
    name: z.string().max(254),
    password: secretText,
    code: secretText,
    ttl_seconds: z.int().min(60).max(86_400),
  }),
  response: seatSession,
  delivery: 'at-most-once',
});
