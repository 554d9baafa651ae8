import { Controller, Delete, Get, Inject, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '@otpost/contracts';
import type { Logger } from '@otpost/platform';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles } from '../http/endpoint.js';
import { Api, ApiRefusal } from './api.js';
import { tools } from './tools.js';

const instructions =
  'Hands out one-time codes (2FA) for the logins that are stored here. At a 2FA prompt call wait_for_code once with the login; it answers as soon ' +
  'as there is a code, whichever way it comes. When it answers that the challenge is pending, call it again with the challenge_id.';

const messages = defineEndpoint({
  method: 'POST',
  path: '/mcp',
  access: 'any-key',
  tag: 'MCP',
  summary: 'Model Context Protocol: streamable HTTP, without sessions',
  body: z.unknown(),
  response: z.unknown(),
  status: 200,
});

/**
 * The Model Context Protocol, for agents that speak it. Each request stands for itself: no session, so any gateway answers it and none keeps
 * anything.
 */
@Controller()
export class McpController {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost<FastifyAdapter>,
    @Inject('LOGGER') private readonly logger: Logger,
  ) {}

  @Handles(messages)
  async messages(@CallOf() call: Call, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const server = this.#server(new Api(this.host.httpAdapter.getInstance(), request, call.signal), request);
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    try {
      const answer = await transport.handleRequest(withoutBody(request), { parsedBody: request.body });
      reply.code(answer.status).headers(Object.fromEntries(answer.headers));
      reply.send(await answer.text());
    } finally {
      await server.close();
    }
  }

  /** There is nothing to listen to: answers come with their requests. */
  @Get('mcp')
  listen(): never {
    throw new AppError('method_not_allowed', 'POST only: there are no server-sent messages');
  }

  @Delete('mcp')
  end(): never {
    throw new AppError('method_not_allowed', 'POST only: there are no sessions');
  }

  #server(api: Api, request: FastifyRequest): McpServer {
    const server = new McpServer({ name: 'otpost', version: '1.0.0' }, { instructions });
    for (const { name, title, description, input, isReadOnly, run } of tools) {
      const annotations = { readOnlyHint: isReadOnly, destructiveHint: false, openWorldHint: false };
      server.registerTool(name, { title, description, inputSchema: input, annotations }, (given: unknown) =>
        this.#resultOf(run(given as never, api), request),
      );
    }
    return server;
  }

  async #resultOf(answer: Promise<unknown>, request: FastifyRequest): Promise<CallToolResult> {
    try {
      return { content: [{ type: 'text', text: JSON.stringify(await answer) }] };
    } catch (error) {
      if (!(error instanceof ApiRefusal)) this.logger.error('mcp.failed', { request_id: request.otpost.id }, error);
      const text = error instanceof ApiRefusal ? error.message : 'internal: something went wrong on our side';
      return { content: [{ type: 'text', text }], isError: true };
    }
  }
}

/** As the transport wants it; the body has been parsed. */
function withoutBody({ method, url, headers }: FastifyRequest): Request {
  const texts = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return new Request(new URL(url, 'http://gateway'), { method, headers: texts });
}
