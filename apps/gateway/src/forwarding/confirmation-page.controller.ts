import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  AppError,
  confirmForwarding,
  ConfirmationPages,
  readForwardingConfirmation,
  type Caller,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import { isFromPage } from '../code-page/accept-forms.js';
import { pageHeaders, sendPage } from '../code-page/page-reply.js';
import { RateLimiter } from '../rate-limits/rate-limiter.js';
import { closedPage, questionPage, type ClosedPage } from './confirmation-html.js';

/** Per second, from one address. */
const requestsPerAddress = 20;

/**
 * The page on which the owner of an address or number agrees to get copies. The link's name is proof enough; looking at it, as link previews
 * do, agrees to nothing. Its path is a secret: only the route's pattern is ever logged.
 */
@Controller('confirm')
export class ConfirmationPageController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(ConfirmationPages) private readonly pages: ConfirmationPages,
    @Inject(RateLimiter) private readonly rateLimiter: RateLimiter,
    @Inject('LOGGER') private readonly logger: Logger,
  ) {}

  @Get(':page')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answering(request, reply, async (asked) => {
      const { status, ...question } = await this.rpc.call(readForwardingConfirmation, asked);
      if (status === 'open') sendPage(reply, 200, questionPage(question));
      else closed(reply, status);
    });
  }

  @Post(':page')
  async confirm(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answering(request, reply, async (asked) => {
      if (!isFromPage(request)) throw new AppError('forbidden', 'sent from another site');
      await this.rpc.call(confirmForwarding, asked);
      // Loading the page again, or going back to it, sends nothing a second time.
      pageHeaders(reply).code(303).header('location', request.url).send('');
    });
  }

  async #answering(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (asked: Caller & { id: string }) => Promise<void>,
  ): Promise<void> {
    try {
      const { allowed } = await this.rateLimiter.take(`page-address:${request.ip}`, requestsPerAddress);
      if (!allowed) throw new AppError('rate_limited', 'too many requests');
      const id = this.pages.confirmationOf((request.params as { page: string }).page);
      if (id === undefined) return closed(reply, 'unknown', 404);
      const actor = { kind: 'system', id: 'confirmation-page' } as const;
      await work({ actor, ip: request.ip, request_id: request.otpost.id, id });
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      request.otpost.errorCode = code;
      if (code === 'internal') this.logger.error('confirmation_page.failed', { request_id: request.otpost.id }, error);
      if (code === 'not_found') closed(reply, 'unknown', 404);
      else if (code === 'rate_limited') closed(reply.header('retry-after', 1), 'busy', 429);
      else closed(reply, 'unavailable', code === 'forbidden' ? 403 : 503);
    }
  }
}

function closed(reply: FastifyReply, state: ClosedPage, status = 200): void {
  sendPage(reply, status, closedPage(state));
}
