import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Failure = 'refused' | 'sold_then_500' | 'sold_then_silence' | 'silence';

/** Twilio's phone numbers API as its documentation tells it, with an account of one token. */
export class TwilioStandIn {
  /** What the account has, with where its SMS go: by SID. */
  readonly owned = new Map<string, { e164: string; smsUrl: string | null }>();
  readonly forSale = { local: ['+13125550001', '+13125550002'], mobile: ['+447700900001'] };
  readonly requests: string[] = [];
  /** How the next purchase fails. */
  failure: Failure | undefined;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #sids = 0;

  constructor(
    readonly accountSid: string,
    private readonly authToken: string,
  ) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  own(e164: string): string {
    const sid = `PN${String(++this.#sids).padStart(32, '0')}`;
    this.owned.set(sid, { e164, smsUrl: null });
    return sid;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://twilio');
    const form = new URLSearchParams(await textOf(request));
    this.requests.push(`${request.method ?? ''} ${url.pathname}`);
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const expected = `Basic ${Buffer.from(`${this.accountSid}:${this.authToken}`).toString('base64')}`;
    if (request.headers.authorization !== expected) return send(401, { code: 20003, message: 'Authenticate' });
    const path = url.pathname.replace(`/2010-04-01/Accounts/${this.accountSid}`, '');
    const [, sid] = /^\/IncomingPhoneNumbers\/(\w+)\.json$/.exec(path) ?? [];
    if (sid !== undefined) return this.#one(request, sid, form, send);
    if (path === '/AvailablePhoneNumbers/US/Local.json')
      return send(200, { available_phone_numbers: this.forSale.local.map((e164) => ({ phone_number: e164 })) });
    if (path === '/AvailablePhoneNumbers/GB/Mobile.json')
      return send(200, { available_phone_numbers: this.forSale.mobile.map((e164) => ({ phone_number: e164 })) });
    if (path !== '/IncomingPhoneNumbers.json') return send(404, { code: 20404, message: 'not found' });
    if (request.method === 'GET') {
      const all = [...this.owned].map(([id, { e164 }]) => ({ sid: id, phone_number: e164 }));
      return send(200, {
        incoming_phone_numbers: all.filter((n) => n.phone_number === url.searchParams.get('PhoneNumber')),
      });
    }
    return this.#sell(form, send, response);
  }

  #sell(form: URLSearchParams, send: (status: number, body: object) => void, response: ServerResponse): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure === 'refused') return send(400, { code: 21422, message: 'not available' });
    if (failure === 'silence') return void response.destroy();
    const e164 = form.get('PhoneNumber') ?? '';
    const sid = this.own(e164);
    this.owned.set(sid, { e164, smsUrl: form.get('SmsUrl') });
    if (failure === 'sold_then_500') return send(500, { code: 20500, message: 'oops' });
    if (failure === 'sold_then_silence') return void response.destroy();
    send(201, { sid, phone_number: e164 });
  }

  #one(
    request: IncomingMessage,
    sid: string,
    form: URLSearchParams,
    send: (status: number, body: object) => void,
  ): void {
    const number = this.owned.get(sid);
    if (number === undefined) return send(404, { code: 20404, message: 'not found' });
    if (request.method === 'DELETE') {
      this.owned.delete(sid);
      return send(204, {});
    }
    number.smsUrl = form.get('SmsUrl');
    send(200, { sid, phone_number: number.e164 });
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
