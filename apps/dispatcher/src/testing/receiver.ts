import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  headers: IncomingHttpHeaders;
  text: string;
  body: { event: string; payload: Record<string, unknown>; metadata?: unknown; timestamp: number; expires_at: number };
  at: number;
}

/** How a receiver answers. The default is 200 with nothing. */
export type Behaviour = (response: ServerResponse, received: Received) => void;

/** Receives webhooks on the loopback. */
export class Receiver {
  readonly received: Received[] = [];
  behaviour: Behaviour = (response) => response.end();
  inFlight = 0;
  mostInFlight = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.inFlight += 1;
      this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
      response.on('close', () => (this.inFlight -= 1));
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        const received = { headers: request.headers, text, body: JSON.parse(text) as Received['body'], at: Date.now() };
        this.received.push(received);
        this.behaviour(response, received);
      });
    });
  }

  static async start(behaviour?: Behaviour): Promise<Receiver> {
    const receiver = new Receiver(createServer());
    if (behaviour !== undefined) receiver.behaviour = behaviour;
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** The ids that came, each once. */
  get ids(): Set<string> {
    return new Set(this.received.map(({ headers }) => headers['webhook-id'] as string));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
