import { createHash } from 'node:crypto';
import { AppError } from '@otpost/contracts';
import type { RateLimiter } from './rate-limiter.js';

/** The limit of codes per second of one credential or OTP secret; off unless the deployment sets one. */
export class CredentialLimit {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly codesPerSecond: number | undefined,
  ) {}

  /**
   * @param names what names the credential within its workspace
   * @throws AppError `rate_limited`
   */
  async take(workspaceId: string, ...names: string[]): Promise<void> {
    if (this.codesPerSecond === undefined) return;
    // Hashed: who a credential belongs to is nothing for Redis to know.
    const name = createHash('sha256')
      .update(JSON.stringify([workspaceId, ...names]))
      .digest('base64url');
    const { allowed, retryAfterSeconds } = await this.limiter.take(`credential:${name}`, this.codesPerSecond);
    if (allowed) return;
    throw new AppError('rate_limited', `more than ${this.codesPerSecond} codes of this credential in a second`, {
      retryAfterSeconds,
    });
  }
}
