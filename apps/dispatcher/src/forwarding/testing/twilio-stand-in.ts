import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SentSms {
  to: string;
  from: string;
  body: string;
}

/** Twilio's messages API as its documentation tells it, with an account of one token. */
export class TwilioStandIn {
  readonly accountSid = `AC${'0'.repeat(32)}`;
  readonly authToken = 'token-of-the-stand-in';
  readonly sent: SentSms[] = [];
  /** How it answers next: status and Twilio's own code. */
  refuseWith: { status: number; code: number } | undefined;
  readonly #server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const form = new URLSearchParams(text);
      const expected = `Basic ${Buffer.from(`${this.accountSid}:${this.authToken}`).toString('base64')}`;
      const isKnown = request.headers.authorization === expected;
      const isMessages = request.url === `/2010-04-01/Accounts/${this.accountSid}/Messages.json`;
      const refusal = !isKnown
        ? { status: 401, code: 20003 }
        : !isMessages
          ? { status: 404, code: 20404 }
          : this.refuseWith;
      response.writeHead(refusal?.status ?? 201, { 'content-type': 'application/json' });
      if (refusal !== undefined) return response.end(JSON.stringify({ code: refusal.code, message: form.get('Body') }));
      this.sent.push({ to: form.get('To') ?? '', from: form.get('From') ?? '', body: form.get('Body') ?? '' });
      return response.end(JSON.stringify({ sid: `SM${String(this.sent.length).padStart(32, '0')}`, status: 'queued' }));
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
