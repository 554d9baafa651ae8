import { Inject, Injectable } from '@nestjs/common';
import type { WorkspaceCaller } from '@otpost/contracts';
import {
  Database,
  orUnavailable,
  readCredentialOtpSecrets,
  readOtpSecrets,
  type CredentialRead,
  type CredentialRow,
  type OtpSecretRead,
  type OtpSecretRow,
  type Reader,
} from '@otpost/database';
import { MicroBatch } from './micro-batch.js';

const maxBatch = 128;
const concurrentBatches = 2;

/**
 * The code path: one prepared call to a SQL function reads the rows of a whole batch and writes their audit entries, in one round trip
 * and one commit. The entries are durable when the call returns, so before any code leaves.
 */
@Injectable()
export class CodePath {
  readonly #byId: MicroBatch<OtpSecretRead, OtpSecretRow | undefined>;
  readonly #byPair: MicroBatch<CredentialRead, CredentialRow | undefined>;

  constructor(@Inject(Database) { pool }: Database) {
    const limits = { maxSize: maxBatch, maxConcurrent: concurrentBatches };
    this.#byId = new MicroBatch({ ...limits, run: (reads) => orUnavailable(readOtpSecrets(pool, reads)) });
    this.#byPair = new MicroBatch({ ...limits, run: (reads) => orUnavailable(readCredentialOtpSecrets(pool, reads)) });
  }

  /** An OTP secret by id; undefined when this workspace has none. The read of a TOTP one is in the audit. */
  byId(caller: WorkspaceCaller, otpSecretId: string): Promise<OtpSecretRow | undefined> {
    return this.#byId.add({ ...readerOf(caller), otpSecretId });
  }

  /**
   * A credential by its pair; undefined when this workspace has none. The read of its TOTP secret is in the audit.
   * @param domain normalised
   */
  byPair(caller: WorkspaceCaller, permissionedUserId: string, domain: string): Promise<CredentialRow | undefined> {
    return this.#byPair.add({ ...readerOf(caller), permissionedUserId, domain });
  }
}

function readerOf({ workspace_id, actor, ip, request_id }: WorkspaceCaller): Reader {
  return { workspaceId: workspace_id, actorKind: actor.kind, actorId: actor.id, ip, requestId: request_id };
}
