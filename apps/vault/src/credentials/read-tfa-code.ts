import { Inject, Injectable } from '@nestjs/common';
import { AppError, notFound, readTfaCode, type RequestOf, type ResponseOf } from '@otpost/contracts';
import type { Transaction } from '@otpost/database';
import { CodePath } from '../otp-secrets/code-path.js';
import { ReadTotpCode } from '../otp-secrets/read-totp-code.js';
import { CredentialUses } from './credential-uses.js';
import { pairOf } from './credential-fields.js';
import { ReadReceivedCode } from './read-received-code.js';

type Request = RequestOf<typeof readTfaCode>;
type Response = ResponseOf<typeof readTfaCode>;

/** The current code of a vault entry, from whichever factor it has. */
@Injectable()
export class ReadTfaCode {
  constructor(
    @Inject(CodePath) private readonly codePath: CodePath,
    @Inject(ReadTotpCode) private readonly readTotpCode: ReadTotpCode,
    @Inject(ReadReceivedCode) private readonly readReceivedCode: ReadReceivedCode,
    @Inject(CredentialUses) private readonly uses: CredentialUses,
  ) {}

  /**
   * @throws AppError `not_found`; `no_second_factor`; `hotp_needs_post`; `factor_not_readable` where no code of this entry alone can
   *   be had; `no_fresh_code`
   */
  async run(request: Request): Promise<Response> {
    // The code path reads in batches: a text that PostgreSQL refuses would fail other clients' reads with it.
    const { permissionedUserId, domain } = pairOf(request);
    const found = await this.codePath.byPair(request, permissionedUserId, domain);
    if (found === undefined) throw notFound('credential');
    this.uses.record(found.credentialId);
    switch (found.tfaMethod) {
      case 'AUTHENTICATOR':
        if (found.otpSecret === null) throw noSecondFactor();
        return { type: 'authenticator', ...(await this.readTotpCode.of(request.workspace_id, found.otpSecret)) };
      case 'EMAIL':
        return { type: 'email', ...(await this.readReceivedCode.newest(request, found.credentialId, 'email')) };
      case 'SMS':
        return {
          type: 'sms',
          ...(await this.readReceivedCode.newest(request, found.credentialId, 'sms', (tx) =>
            assertOwnNumber(tx, found.credentialId),
          )),
        };
      case 'MAGIC_LINK':
        throw new AppError(
          'factor_not_readable',
          'this credential gets a magic link, not a code: open a challenge for it',
        );
      default:
        throw noSecondFactor();
    }
  }
}

/** On a number of its own every SMS is the entry's. On a shared one only an open challenge tells whose a code is. */
async function assertOwnNumber(tx: Transaction, credentialId: string): Promise<void> {
  const own = await tx.phoneNumber.findFirst({
    where: { credentialId, mode: 'dedicated' },
    select: { status: true },
  });
  if (own?.status === 'active') return;
  if (own !== null) throw new AppError('factor_not_readable', "this credential's phone number waits for approval");
  const shared = await tx.phoneNumber.findFirst({ where: { mode: 'shared' }, select: { id: true } });
  throw new AppError(
    'factor_not_readable',
    shared === null
      ? 'this credential has no phone number: dedicate one to it'
      : 'SMS codes on a shared phone number are given to challenges only: open one, or dedicate a number to this credential',
  );
}

function noSecondFactor(): AppError {
  return new AppError('no_second_factor', 'this credential has no second factor');
}
