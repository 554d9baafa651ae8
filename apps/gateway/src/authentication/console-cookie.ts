import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseApiKey } from '@otpost/contracts';
import type { Secret } from '@otpost/envelope';
import type { PresentedKey } from './presented-key.js';

const cookieName = 'otpost_console';

/**
 * The key of a browser that is signed in to the console: an access token of its own, never the API key it was made with.
 *
 * A cookie comes along with whatever a page makes the browser send, so it counts only beside a header that no other site can add:
 * that makes it a request with a preflight, which nothing here answers. Reads too: some of them use up a code.
 */
export function keyOfConsole(headers: IncomingHttpHeaders): Extract<PresentedKey, { kind: 'api_key' }> | null {
  if (!isFromConsole(headers)) return null;
  const token = cookieOf(headers);
  const key = token === undefined ? null : parseApiKey(token);
  return key === null ? null : { kind: 'api_key', id: key.id, secret: key.secret };
}

/** Whether the console sent it, from our own origin. */
export function isFromConsole(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return headers['x-otpost-console'] !== undefined && (site === undefined || site === 'same-origin');
}

export function setConsoleCookie(reply: FastifyReply, token: Secret, lifetimeSeconds: number): void {
  reply.header('set-cookie', cookie(reply.request, token.reveal(), lifetimeSeconds));
}

export function clearConsoleCookie(reply: FastifyReply): void {
  reply.header('set-cookie', cookie(reply.request, '', 0));
}

function cookie({ protocol }: FastifyRequest, value: string, lifetimeSeconds: number): string {
  const secure = protocol === 'https' ? '; Secure' : '';
  return `${cookieName}=${value}; Path=/; Max-Age=${lifetimeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}

function cookieOf({ cookie: header = '' }: IncomingHttpHeaders): string | undefined {
  for (const pair of header.split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === cookieName) return value;
  }
  return undefined;
}
