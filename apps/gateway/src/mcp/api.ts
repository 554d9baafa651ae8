import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The API refused. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';

  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

const ofWhoAsks = ['authorization', 'cc-key', 'sb-api-key-id', 'sb-api-secret-key'];

/**
 * The gateway's own API, asked on behalf of a request: with its key, so with its scopes and limits, under its id and from its address. It goes
 * through all that a request from outside goes through.
 */
export class Api {
  constructor(
    private readonly server: FastifyInstance,
    private readonly request: FastifyRequest,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws ApiRefusal */
  get(path: string, query: Record<string, string | undefined> = {}): Promise<unknown> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return this.#ask('GET', `${path}?${new URLSearchParams(given).toString()}`);
  }

  /** @throws ApiRefusal */
  post(path: string, body: object): Promise<unknown> {
    return this.#ask('POST', path, body);
  }

  async #ask(method: 'GET' | 'POST', url: string, payload?: object): Promise<unknown> {
    const headers = Object.fromEntries(ofWhoAsks.map((name) => [name, this.request.headers[name]]));
    const answer = await this.server.inject({
      method,
      url,
      headers: { ...withoutUndefined(headers), 'x-request-id': this.request.otpost.id },
      remoteAddress: this.request.ip,
      signal: this.signal,
      ...(payload === undefined ? {} : { payload }),
    });
    const body = answer.json<{ code: string; detail: string }>();
    if (answer.statusCode >= 400) throw new ApiRefusal(body.code, body.detail);
    return body;
  }
}

function withoutUndefined<T>(record: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined));
}
