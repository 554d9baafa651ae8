import type { FastifyReply } from 'fastify';

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Answers with a page that nothing else may frame, keep or look into. */
export function sendPage(reply: FastifyReply, status: number, text: string): void {
  pageHeaders(reply).code(status).header('content-type', 'text/html; charset=utf-8').send(text);
}

export function pageHeaders(reply: FastifyReply): FastifyReply {
  return reply
    .header('cache-control', 'no-store')
    .header('content-security-policy', policy)
    .header('referrer-policy', 'no-referrer')
    .header('x-frame-options', 'DENY')
    .header('x-robots-tag', 'noindex, nofollow')
    .header('cross-origin-opener-policy', 'same-origin');
}
