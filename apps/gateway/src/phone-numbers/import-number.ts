import { Inject, Injectable } from '@nestjs/common';
import {
  connectPhoneNumber,
  createPhoneNumber,
  deletePhoneNumber,
  fieldError,
  type Idempotency,
  type PhoneNumberRecordView,
  type WorkspaceCaller,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import type { ImportedNumber } from './phone-number-schemas.js';
import { TwilioNumbers, TwilioRefusal, type TwilioAccount } from './twilio-numbers.js';
import { TwilioOptions } from './twilio-options.js';

/** Takes over a number that somebody has already. */
@Injectable()
export class ImportNumber {
  constructor(
    @Inject(RpcClient) private readonly rpc: Pick<RpcClient, 'call'>,
    @Inject(TwilioNumbers) private readonly twilio: TwilioNumbers,
    @Inject(TwilioOptions) private readonly options: TwilioOptions,
  ) {}

  /**
   * With an account, its number is made to post here. That is done once the number is recorded and, under the deployment's account, once
   * it is approved: else one workspace could turn another one's number to itself.
   */
  async run(
    caller: WorkspaceCaller,
    given: ImportedNumber,
    idempotency: Idempotency | null,
  ): Promise<PhoneNumberRecordView> {
    const { e164, provider, mode, account_sid = null, auth_token = null, credential_id = null } = given;
    const account = account_sid === null ? null : this.#accountOf(account_sid, given.auth_token ?? undefined);
    const wanted = { e164, provider, account_sid, auth_token, mode, credential_id, purchased: false };
    const { phone_number } = await this.rpc.call(createPhoneNumber, { ...caller, phone_number: wanted, idempotency });
    if (account === null || phone_number.provider_sid !== null || phone_number.status !== 'active') return phone_number;
    try {
      return await this.connect(caller, phone_number, account);
    } catch (error) {
      await this.rpc.call(deletePhoneNumber, { ...caller, id: phone_number.id, reason: 'provider_refused' });
      throw error;
    }
  }

  /** Finds a number in its account and makes it post here. @throws AppError `validation_failed`, `unavailable` */
  async connect(
    caller: WorkspaceCaller,
    { id, e164 }: PhoneNumberRecordView,
    account: TwilioAccount,
  ): Promise<PhoneNumberRecordView> {
    const webhookUrl = this.options.requireWebhookUrl();
    try {
      const sid = await this.twilio.find(account, e164);
      if (sid === null) throw fieldError('e164', 'this Twilio account has no such number');
      await this.twilio.setWebhook(account, sid, webhookUrl);
      return await this.rpc.call(connectPhoneNumber, { ...caller, id, provider_sid: sid });
    } catch (error) {
      if (!(error instanceof TwilioRefusal)) throw error;
      if (error.isOfCredentials) throw fieldError('auth_token', 'Twilio does not accept it for this account_sid');
      throw fieldError('e164', `Twilio refused (error ${error.twilioCode ?? error.status})`);
    }
  }

  #accountOf(sid: string, authToken: TwilioAccount['authToken'] | undefined): TwilioAccount {
    if (authToken !== undefined) return { sid, authToken };
    const own = this.options.ownAccount(sid);
    if (own === undefined) throw fieldError('auth_token', "required for an account that is not the deployment's");
    return own;
  }
}
