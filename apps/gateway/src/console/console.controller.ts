import { randomBytes } from 'node:crypto';
import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { notFound } from '@otpost/contracts';
import { readConsolePage } from './console-files.js';

/**
 * Scripts and styles from here alone. The component library writes a few style elements of its own (breakpoints, colours): they carry
 * the nonce of their page. Messages are shown in a frame without scripts, whose own policy is stricter still.
 */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Of the frame that a message is shown in: it may look like something, and nothing else. */
const framePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox allow-same-origin";
const framePage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Message</title></head>
<body></body>
</html>
`;

/** The console is one page; which part of it is shown, its own script reads from the path. */
@Controller('console')
export class ConsoleController {
  readonly #page = readConsolePage();

  @Get()
  root(@Res() reply: FastifyReply): void {
    this.#send(reply);
  }

  /** Empty: the console fills it with what is left of a message when nothing harmful is. */
  @Get('message-frame')
  frame(@Res() reply: FastifyReply): void {
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'private, max-age=3600')
      .header('content-security-policy', framePolicy)
      .header('referrer-policy', 'no-referrer')
      .send(framePage);
  }

  @Get('*')
  anyPath(@Res() reply: FastifyReply): void {
    this.#send(reply);
  }

  #send(reply: FastifyReply): void {
    if (this.#page === undefined) throw notFound('console');
    const nonce = randomBytes(16).toString('base64url');
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', policy(nonce))
      .header('referrer-policy', 'no-referrer')
      .header('x-frame-options', 'DENY')
      .header('cross-origin-opener-policy', 'same-origin')
      .header('permissions-policy', 'camera=(self), microphone=(), geolocation=()')
      .send(this.#page.replaceAll('{nonce}', nonce));
  }
}
