import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** Answers one request: with a status and a body, or itself. */
export type Answerer = (
  seen: Seen,
  response: ServerResponse,
) => { status: number; body: unknown; headers?: Record<string, string> } | 'hang up' | 'answered';

/** An HTTP server that answers as it is told, and remembers what it was asked. */
export class ApiStandIn {
  readonly seen: Seen[] = [];
  answer: Answerer = () => ({ status: 404, body: {} });
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await new Promise((resolve) => this.#server.once('listening', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://stand-in');
    const seen = { method: request.method ?? '', path, query, headers: request.headers, body: parse(text) };
    this.seen.push(seen);
    const answer = this.answer(seen, response);
    if (answer === 'hang up') return void request.socket.destroy();
    if (answer === 'answered') return;
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  }
}

function parse(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}
