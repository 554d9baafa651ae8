import { AppError } from '@otpost/contracts';
import type { Secret } from '@otpost/envelope';
import type twilio from 'twilio';

type Library = typeof twilio;

export interface TwilioAccount {
  sid: string;
  authToken: Secret;
}

/** Twilio answered, and did not do it. */
export class TwilioRefusal extends Error {
  override readonly name = 'TwilioRefusal';

  constructor(
    readonly status: number,
    /** Twilio's own number of the error, as its documentation lists it. */
    readonly twilioCode: number | undefined,
  ) {
    super(`Twilio refused: status ${status}, error ${twilioCode ?? 'none'}`);
  }

  get isOfCredentials(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

const timeoutMs = 15_000;
const mostAnswerBytes = 1_000_000;
const foundAtOnce = 10;

/**
 * Phone numbers at Twilio, through its own library. What fails is a {@link TwilioRefusal}, where Twilio said no, or an AppError `unavailable`,
 * where nobody knows whether it was done. Neither holds anything of the request, whose headers have the token.
 */
export class TwilioNumbers {
  #library: Promise<Library> | undefined;

  /** @param apiUrl in place of https://api.twilio.com, for tests */
  constructor(private readonly apiUrl: string | undefined) {}

  /** Numbers for sale that take SMS: local ones, else mobile ones, as in countries where only those do. */
  async search(account: TwilioAccount, country: string, areaCode: string | undefined): Promise<string[]> {
    const query = {
      smsEnabled: true,
      limit: foundAtOnce,
      ...(areaCode === undefined ? {} : { areaCode: Number(areaCode) }),
    };
    const local = await this.#ask(account, (client) => client.availablePhoneNumbers(country).local.list(query)).catch(
      noneIfUnknown,
    );
    const found =
      local.length > 0
        ? local
        : await this.#ask(account, (client) => client.availablePhoneNumbers(country).mobile.list(query)).catch(
            noneIfUnknown,
          );
    return found.map(({ phoneNumber }) => phoneNumber);
  }

  /** @returns its SID */
  buy(account: TwilioAccount, e164: string, smsUrl: string): Promise<string> {
    return this.#ask(account, async (client) => {
      const { sid } = await client.incomingPhoneNumbers.create({ phoneNumber: e164, smsUrl, smsMethod: 'POST' });
      return sid;
    });
  }

  /** @returns the SID of a number that the account has; null: it does not have it */
  find(account: TwilioAccount, e164: string): Promise<string | null> {
    return this.#ask(account, async (client) => {
      const found = await client.incomingPhoneNumbers.list({ phoneNumber: e164, limit: foundAtOnce });
      return found.find(({ phoneNumber }) => phoneNumber === e164)?.sid ?? null;
    });
  }

  async setWebhook(account: TwilioAccount, sid: string, smsUrl: string): Promise<void> {
    await this.#ask(account, (client) => client.incomingPhoneNumbers(sid).update({ smsUrl, smsMethod: 'POST' }));
  }

  /** Gives a number back. One that is gone already is given back. */
  async release(account: TwilioAccount, sid: string): Promise<void> {
    await this.#ask(account, (client) => client.incomingPhoneNumbers(sid).remove()).catch((error: unknown) => {
      if (!(error instanceof TwilioRefusal) || error.status !== 404) throw error;
    });
  }

  async #ask<T>(account: TwilioAccount, work: (client: twilio.Twilio) => Promise<T>): Promise<T> {
    // Loaded by the first who needs it: it is large, and most deployments buy no numbers.
    this.#library ??= import('twilio').then((module) => module.default);
    const library = await this.#library;
    const httpClient = this.#httpClient(library);
    try {
      return await work(new library.Twilio(account.sid, account.authToken.reveal(), { httpClient }));
    } catch (error) {
      // A 5xx may come after the deed.
      if (error instanceof library.RestException && error.status < 500)
        throw new TwilioRefusal(error.status, error.code);
      const internal = error instanceof Error ? error.name : typeof error;
      throw new AppError('unavailable', 'Twilio did not answer, try again', { retryAfterSeconds: 5, internal });
    }
  }

  #httpClient(library: Library): twilio.RequestClient {
    const { apiUrl } = this;
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

type RequestOptions<Data> = Parameters<typeof twilio.RequestClient.prototype.request<Data>>[0];

function atUrl(apiUrl: string | undefined, uri: string): string {
  if (apiUrl === undefined) return uri;
  const { pathname, search } = new URL(uri);
  return `${apiUrl.replace(/\/+$/, '')}${pathname}${search}`;
}

/** A country in which Twilio sells no numbers of a kind has no such list. */
function noneIfUnknown(error: unknown): never[] {
  if (error instanceof TwilioRefusal && error.status === 404) return [];
  throw error;
}
