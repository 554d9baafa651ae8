import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface StandInRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface StandInAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** A KMS that can be made to fail: `fault` is asked first, and what it returns is the answer; 'hang' is none. */
export interface HttpStandIn {
  url: string;
  /** Every request so far, as method and path. */
  requests: string[];
  fault: ((request: StandInRequest) => StandInAnswer | 'hang' | undefined) | undefined;
  close: () => Promise<void>;
}

/** An HTTP server on a free port of this machine that takes and gives JSON. */
export async function startHttpStandIn(answer: (request: StandInRequest) => StandInAnswer): Promise<HttpStandIn> {
  const standIn: HttpStandIn = {
    url: '',
    requests: [],
    fault: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((incoming, outgoing) => {
    void text(incoming).then((raw) => {
      const { method = '', url: path = '', headers } = incoming;
      standIn.requests.push(`${method} ${path}`);
      let body: Record<string, unknown> = {};
      try {
        body = JSON.parse(raw) as Record<string, unknown>;
      } catch {
        // A form, as OAuth has it, or nothing.
      }
      const request = { method, path, headers, body };
      const said = standIn.fault?.(request) ?? answer(request);
      if (said === 'hang') return;
      outgoing.writeHead(said.status, { 'content-type': 'application/json', ...said.headers });
      outgoing.end(JSON.stringify(said.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  standIn.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return standIn;
}
