import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  AppError,
  answerChallenge,
  readChallengePage,
  type Caller,
  type FieldError,
  type ResponseOf,
} from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { RpcClient } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import { PageUrls } from '../challenges/page-urls.js';
import { RateLimiter } from '../rate-limits/rate-limiter.js';
import { isFromPage } from './accept-forms.js';
import { script, styleSheet } from './page-assets.js';
import { answerOfForm, fieldsOf } from './page-fields.js';
import { openPage, overPage, type OverPage } from './page-html.js';
import { pageHeaders, sendPage } from './page-reply.js';

type Page = ResponseOf<typeof readChallengePage>;

/** Per second: of people, who also reload. */
const answersPerChallenge = 3;
const requestsPerAddress = 20;

const stateOfStatus = { resolved: 'done', expired: 'expired', cancelled: 'cancelled', failed: 'cancelled' } as const;

/**
 * The hosted page of a challenge: whoever has the link may answer. The link's name is proof enough; looking at it uses nothing up, so
 * link previews do no harm. Its path is a secret: only the route's pattern is ever logged.
 */
@Controller('code')
export class CodePageController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(PageUrls) private readonly pages: PageUrls,
    @Inject(RateLimiter) private readonly rateLimiter: RateLimiter,
    @Inject('LOGGER') private readonly logger: Logger,
  ) {}

  @Get('page.css')
  style(@Res() reply: FastifyReply): void {
    asset(reply, 'text/css; charset=utf-8').send(styleSheet);
  }

  @Get('page.js')
  script(@Res() reply: FastifyReply): void {
    asset(reply, 'text/javascript; charset=utf-8').send(script);
  }

  @Get(':page')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answering(request, reply, (page) => {
      if (page.status !== 'pending') return over(reply, stateOfStatus[page.status]);
      sendPage(reply, 200, openPage({ ...formOf(page), errors: [] }));
    });
  }

  @Post(':page')
  async answer(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#answering(request, reply, async (page, challengeId) => {
      if (page.status !== 'pending') return over(reply, stateOfStatus[page.status]);
      if (!isFromPage(request)) throw new AppError('forbidden', 'sent from another site');
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      const { fields } = formOf(page);
      const caller = { ...callerOf(request), workspace_id: page.workspace_id };
      const properties = new Secret(answerOfForm(fields, form) as never);
      try {
        await this.rpc.call(answerChallenge, {
          ...caller,
          to: { id: challengeId },
          answer: { properties },
          idempotency: null,
        });
      } catch (error) {
        const errors = wrongFields(error);
        if (errors !== undefined) return sendPage(reply, 422, openPage({ ...formOf(page), errors }));
        // It ended in between: the page says how.
        if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
      }
      // Loading the page again, or going back to it, sends nothing a second time.
      pageHeaders(reply).code(303).header('location', request.url).send('');
    });
  }

  async #answering(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (page: Page, challengeId: string) => Promise<void> | void,
  ): Promise<void> {
    try {
      const challengeId = this.pages.challengeOf((request.params as { page: string }).page);
      await this.#limit(`page-address:${request.ip}`, requestsPerAddress);
      if (challengeId === undefined) return over(reply, 'unknown', 404);
      if (request.method === 'POST') await this.#limit(`page:${challengeId}`, answersPerChallenge);
      const page = await this.rpc.call(readChallengePage, { ...callerOf(request), id: challengeId });
      await work(page, challengeId);
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      request.otpost.errorCode = code;
      if (code === 'internal') this.logger.error('code_page.failed', { request_id: request.otpost.id }, error);
      if (code === 'not_found') over(reply, 'unknown', 404);
      else if (code === 'rate_limited') over(reply.header('retry-after', 1), 'busy', 429);
      else over(reply, 'unavailable', code === 'forbidden' ? 403 : 503);
    }
  }

  async #limit(name: string, perSecond: number): Promise<void> {
    const { allowed } = await this.rateLimiter.take(name, perSecond);
    if (!allowed) throw new AppError('rate_limited', 'too many requests');
  }
}

function formOf({ message, current_step, schema, expires_at }: Page) {
  return { message, currentStep: current_step, fields: fieldsOf(schema), expiresAt: expires_at };
}

function wrongFields(error: unknown): readonly FieldError[] | undefined {
  return error instanceof AppError && error.code === 'validation_failed' ? error.fields : undefined;
}

function callerOf({ ip, otpost }: FastifyRequest): Caller {
  return { actor: { kind: 'system', id: 'code-page' }, ip, request_id: otpost.id };
}

function over(reply: FastifyReply, state: OverPage, status = 200): void {
  sendPage(reply, status, overPage(state));
}

function asset(reply: FastifyReply, type: string): FastifyReply {
  return reply
    .header('content-type', type)
    .header('cache-control', 'public, max-age=300')
    .header('referrer-policy', 'no-referrer');
}
