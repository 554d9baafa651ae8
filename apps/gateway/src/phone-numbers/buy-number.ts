import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  connectPhoneNumber,
  createPhoneNumber,
  deletePhoneNumber,
  findCreatedPhoneNumber,
  type Idempotency,
  type PhoneNumberRecordView,
  type WorkspaceCaller,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import type { WantedNumber } from './phone-number-schemas.js';
import { TwilioNumbers, TwilioRefusal, type TwilioAccount } from './twilio-numbers.js';
import { TwilioOptions } from './twilio-options.js';

interface Purchase {
  caller: WorkspaceCaller;
  number: PhoneNumberRecordView;
  account: TwilioAccount;
  webhookUrl: string;
}

/**
 * Buys a number. It is recorded before it is paid: whatever is lost afterwards, an answer or a process, the row says `purchasing`, and
 * a repeat with the same `Idempotency-Key`, or deleting it, finds out at Twilio what came of it.
 */
@Injectable()
export class BuyNumber {
  constructor(
    @Inject(RpcClient) private readonly rpc: Pick<RpcClient, 'call'>,
    @Inject(TwilioNumbers) private readonly twilio: TwilioNumbers,
    @Inject(TwilioOptions) private readonly options: TwilioOptions,
    @Inject('LOGGER') private readonly logger: Logger,
  ) {}

  async run(
    caller: WorkspaceCaller,
    wanted: WantedNumber,
    idempotency: Idempotency | null,
  ): Promise<PhoneNumberRecordView> {
    const account = this.options.requireAccount();
    const webhookUrl = this.options.requireWebhookUrl();
    const begun = await this.#begun(caller, idempotency);
    if (begun !== null) {
      if (begun.provider_sid !== null) return begun;
      const purchase = { caller, number: begun, account, webhookUrl };
      const sid = await this.twilio.find(account, begun.e164).catch(refusedByTwilio);
      return sid === null ? this.#pay(purchase) : this.#record(purchase, sid);
    }
    const number = await this.#reserve(caller, wanted, idempotency, account);
    return this.#pay({ caller, number, account, webhookUrl });
  }

  /** Gives a bought number back, before its row goes. @throws AppError `unavailable`: it may still be ours */
  async giveBack({ e164, provider_sid }: PhoneNumberRecordView): Promise<void> {
    const account = this.options.requireAccount();
    try {
      const sid = provider_sid ?? (await this.twilio.find(account, e164));
      if (sid !== null) await this.twilio.release(account, sid);
    } catch (error) {
      refusedByTwilio(error);
    }
  }

  async #begun(caller: WorkspaceCaller, idempotency: Idempotency | null): Promise<PhoneNumberRecordView | null> {
    if (idempotency === null) return null;
    return (await this.rpc.call(findCreatedPhoneNumber, { ...caller, idempotency })).phone_number;
  }

  /** The first number for sale that nobody here is buying at this moment. */
  async #reserve(
    caller: WorkspaceCaller,
    { country, area_code, mode, credential_id = null }: WantedNumber,
    idempotency: Idempotency | null,
    account: TwilioAccount,
  ): Promise<PhoneNumberRecordView> {
    for (const e164 of await this.twilio.search(account, country, area_code).catch(refusedByTwilio)) {
      const number = { e164, provider: 'twilio' as const, account_sid: account.sid, auth_token: null };
      const phone_number = { ...number, mode, credential_id, purchased: true };
      try {
        return (await this.rpc.call(createPhoneNumber, { ...caller, phone_number, idempotency })).phone_number;
      } catch (error) {
        if (!isOfCode(error, 'already_exists')) throw error;
      }
    }
    throw new AppError('conflict', 'Twilio has no number for sale there that takes SMS');
  }

  async #pay(purchase: Purchase): Promise<PhoneNumberRecordView> {
    const { account, number, webhookUrl } = purchase;
    let sid: string | null;
    try {
      sid = await this.twilio.buy(account, number.e164, webhookUrl);
    } catch (error) {
      if (error instanceof TwilioRefusal) {
        await this.#delete(purchase);
        return refusedByTwilio(error);
      }
      this.logger.warn('phone_number.purchase_unanswered', { phone_number_id: number.id }, error);
      sid = await this.twilio.find(account, number.e164).catch(() => null);
    }
    if (sid === null)
      throw new AppError(
        'unavailable',
        `Twilio did not answer, and may have sold ${number.e164}: repeat with the same Idempotency-Key, or delete phone number ${number.id}`,
        { retryAfterSeconds: 10 },
      );
    return this.#record(purchase, sid);
  }

  async #record({ caller, number, account }: Purchase, sid: string): Promise<PhoneNumberRecordView> {
    try {
      return await this.rpc.call(connectPhoneNumber, { ...caller, id: number.id, provider_sid: sid });
    } catch (error) {
      // Deleted while it was being bought: nobody else would give it back.
      if (isOfCode(error, 'not_found')) await this.twilio.release(account, sid);
      throw error;
    }
  }

  async #delete({ caller, number }: Purchase): Promise<void> {
    await this.rpc.call(deletePhoneNumber, { ...caller, id: number.id, reason: 'provider_refused' });
  }
}

function refusedByTwilio(error: unknown): never {
  if (!(error instanceof TwilioRefusal)) throw error;
  const { isOfCredentials, twilioCode, status } = error;
  throw new AppError(
    'conflict',
    isOfCredentials
      ? "Twilio does not accept this deployment's account SID and auth token"
      : `Twilio refused (error ${twilioCode ?? status})`,
  );
}

function isOfCode(error: unknown, code: AppError['code']): boolean {
  return error instanceof AppError && error.code === code;
}
