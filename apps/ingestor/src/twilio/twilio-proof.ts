import twilio from 'twilio';
import { randomBytes } from 'node:crypto';
import type { PhoneNumberRecord } from '@otpost/database';
import { openWithHookKey, type Secret } from '@otpost/envelope';

export interface TwilioProofOptions {
  /** Token of the deployment's own account. */
  authToken: Secret | undefined;
  hookKey: Secret<Uint8Array>;
}

/** The parameters of a form: repeated ones are lists, as Twilio signs them. */
export type FormParameters = Record<string, string | string[]>;

/** Verifies `X-Twilio-Signature`: HMAC-SHA1 over the URL and the sorted parameters, under the token of the number, else of the deployment. */
export class TwilioProof {
  /** For numbers that nobody has: nothing is signed with it, and the answer takes as long as for any other. */
  private readonly nobodysToken = randomBytes(32).toString('hex');

  constructor(private readonly options: TwilioProofOptions) {}

  /** @param url as configured at Twilio: never as forwarded headers tell it */
  verify(
    number: PhoneNumberRecord | undefined,
    signature: string | undefined,
    url: string,
    form: FormParameters,
  ): boolean {
    return twilio.validateRequest(this.tokenOf(number), signature ?? '', url, form);
  }

  private tokenOf(number: PhoneNumberRecord | undefined): string {
    const { authToken, hookKey } = this.options;
    if (number?.authToken == null) return authToken?.reveal() ?? this.nobodysToken;
    const { workspaceId, phoneNumberId, authToken: sealed } = number;
    const place = { workspaceId, table: 'phone_number', rowId: phoneNumberId, column: 'auth_token' };
    return openWithHookKey(hookKey.reveal(), sealed, place).reveal();
  }
}
