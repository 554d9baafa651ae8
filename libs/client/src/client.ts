import createFetchClient, { type FetchResponse, type MaybeOptionalInit } from 'openapi-fetch';
import { streamEvents, type EventStreamOptions, type OtpostEvent } from './event-stream.js';
import type { paths } from './generated/openapi.js';
import { OtpostError } from './otpost-error.js';
import { waitForCode, type NewChallenge, type ReceivedCode, type WaitOptions } from './wait-for-code.js';

export interface ClientOptions {
  /** Of the gateway: `https://otpost.example`. */
  url: string;
  apiKey: string;
  /** Instead of the global one. */
  fetch?: (request: Request) => Promise<Response>;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type MediaType = `${string}/${string}`;
type PathsWith<Verb extends Method> = {
  [Path in keyof paths]: paths[Path] extends Record<Verb, object> ? Path : never;
}[keyof paths];
type IsOptional<Init> = Record<never, never> extends Init ? true : false;

/** One HTTP method: the path as the OpenAPI document has it, its parameters and body; what comes back is the answer's body. */
type Call<Verb extends Method> = <Path extends PathsWith<Verb>, Init extends MaybeOptionalInit<paths[Path], Verb>>(
  path: Path,
  ...init: IsOptional<Init> extends true ? [init?: Init] : [init: Init]
) => Promise<NonNullable<FetchResponse<AsRecord<paths[Path][Verb]>, Init, MediaType>['data']>>;
type AsRecord<Operation> = Operation extends Record<string | number, unknown> ? Operation : never;

/** Every call throws `OtpostError`, or the reason of the `signal` that it was given. */
export interface OtpostClient {
  get: Call<'get'>;
  post: Call<'post'>;
  put: Call<'put'>;
  patch: Call<'patch'>;
  delete: Call<'delete'>;
  /**
   * Asks for the code of a login, and waits for it, whichever way it comes: one challenge, then long polls that outlive lost connections.
   * Whoever gives up, by time or signal, leaves no challenge open.
   */
  waitForCode(challenge: NewChallenge, options?: WaitOptions): Promise<ReceivedCode>;
  /** Says that a code was used, so that it is wiped. The same as `ack` of what `waitForCode` gives. */
  ack(challengeId: string): Promise<void>;
  /** The workspace's events as they happen, each once, over as many connections as it takes. Needs the scope `webhooks:write`. */
  events(options?: EventStreamOptions): AsyncIterable<OtpostEvent>;
}

/**
 * A client with an API key, or an access token of `POST /v3/auth/tokens`.
 * @throws OtpostError `malformed_key` for one that no header can hold: what `fetch` says of it would quote it
 */
export function createClient({ url, apiKey, fetch = globalThis.fetch }: ClientOptions): OtpostClient {
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new OtpostError('the API key is empty, or has characters that no key has', { code: 'malformed_key' });
  }
  const baseUrl = url.replace(/\/+$/, '');
  const headers = { authorization: `Bearer ${apiKey}` };
  const api = createFetchClient<paths>({ baseUrl, headers, fetch });

  const caller =
    (verb: Method) =>
    async (path: string, init: { signal?: AbortSignal } = {}): Promise<unknown> => {
      const answer = await api
        .request(verb, path as never, init as never)
        .catch((error: unknown) => fail(baseUrl, error, init.signal));
      const { data, error, response } = answer as { data?: unknown; error?: unknown; response: Response };
      if (!response.ok) throw OtpostError.ofAnswer(response, error);
      return data;
    };
  const client: OtpostClient = {
    get: caller('get') as OtpostClient['get'],
    post: caller('post') as OtpostClient['post'],
    put: caller('put') as OtpostClient['put'],
    patch: caller('patch') as OtpostClient['patch'],
    delete: caller('delete') as OtpostClient['delete'],
    waitForCode: (challenge, options) => waitForCode(client, challenge, options),
    ack: async (id) => void (await client.post('/v1/challenges/{id}/ack', { params: { path: { id } } })),
    events: (options) =>
      streamEvents(async (lastEventId, signal) => {
        const more = lastEventId === null ? {} : { 'last-event-id': String(lastEventId) };
        const request = new Request(`${baseUrl}/v1/events/stream`, { headers: { ...headers, ...more }, signal });
        const response = await fetch(request).catch((error: unknown) => fail(baseUrl, error, signal));
        if (!response.ok) throw OtpostError.ofAnswer(response, await response.json().catch(() => null));
        return response;
      }, options),
  };
  return client;
}

function fail(url: string, error: unknown, signal: AbortSignal | undefined): never {
  signal?.throwIfAborted();
  throw error instanceof SyntaxError
    ? new OtpostError(`what answers at ${url} is not otpost`, { code: 'unexpected_answer' })
    : OtpostError.ofFailure(url, error);
}
