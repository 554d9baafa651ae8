import { Inject, Injectable } from '@nestjs/common';
import { AppError, type openChallenge, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { OpenChallenge } from './open-challenge.js';
import { ReadChallenge } from './read-challenge.js';
import { TakeAuthenticatorCode } from './take-authenticator-code.js';

/** Opens a challenge and, where its factors answer at once, gives the code with it. */
@Injectable()
export class OpenAndTry {
  constructor(
    @Inject(OpenChallenge) private readonly openChallenge: OpenChallenge,
    @Inject(TakeAuthenticatorCode) private readonly takeAuthenticatorCode: TakeAuthenticatorCode,
    @Inject(ReadChallenge) private readonly readChallenge: ReadChallenge,
  ) {}

  async run(request: RequestOf<typeof openChallenge>): Promise<ResponseOf<typeof openChallenge>> {
    const { challenge: _, idempotency: __, ...caller } = request;
    const { id, status } = await this.openChallenge.run(request);
    try {
      await this.takeAuthenticatorCode.attempt(caller, id);
    } catch (error) {
      // It is open: whoever polls gets the code when the vault is back. The sweeper tries again.
      if (!(error instanceof AppError)) throw error;
    }
    return { challenge: await this.readChallenge.deliver({ ...caller, id }), status };
  }
}
