import type { Secret } from '@otpost/envelope';
import type twilio from 'twilio';
import { SendFailure, type Outgoing } from './outgoing.js';

type Library = typeof twilio;
type RequestOptions<Data> = Parameters<typeof twilio.RequestClient.prototype.request<Data>>[0];

const timeoutMs = 15_000;
const mostAnswerBytes = 1_000_000;
/** Refusals that are about us or the moment, not about the message: the token, permissions, too many at once. */
const passing = new Set([401, 403, 408, 429]);

export interface SmsAccount {
  sid: string;
  token: Secret;
  /** E.164 */
  from: string;
  /** In place of https://api.twilio.com, for tests. */
  apiUrl: string | undefined;
}

/** SMS through Twilio's own library. */
export class SmsSender {
  #library: Promise<Library> | undefined;

  constructor(private readonly account: SmsAccount) {}

  /** Twilio knows no repeats: where its answer is lost, the SMS may come twice. @throws SendFailure */
  async send({ to, writing }: Pick<Outgoing, 'to' | 'writing'>): Promise<void> {
    // Loaded by the first who needs it: it is large.
    this.#library ??= import('twilio').then((module) => module.default);
    const library = await this.#library;
    const { sid, token, from } = this.account;
    const client = new library.Twilio(sid, token.reveal(), { httpClient: this.#httpClient(library) });
    try {
      await client.messages.create({ to, from, body: writing.text });
    } catch (error) {
      // Nothing of the error is kept: the request it holds has the token and the text.
      if (!(error instanceof library.RestException)) throw new SendFailure('sms_no_answer', false);
      const { status, code } = error;
      throw new SendFailure(`sms_${code ?? status}`, status < 500 && !passing.has(status));
    }
  }

  #httpClient(library: Library): twilio.RequestClient {
    const { apiUrl } = this.account;
    class Client extends library.RequestClient {
      override request<Data>(options: RequestOptions<Data>) {
        return super.request<Data>({ ...options, uri: atUrl(apiUrl, options.uri) });
      }
    }
    const client = new Client({ timeout: timeoutMs });
    client.axios.defaults.maxContentLength = mostAnswerBytes;
    return client;
  }
}

function atUrl(apiUrl: string | undefined, uri: string): string {
  if (apiUrl === undefined) return uri;
  const { pathname, search } = new URL(uri);
  return `${apiUrl.replace(/\/+$/, '')}${pathname}${search}`;
}
