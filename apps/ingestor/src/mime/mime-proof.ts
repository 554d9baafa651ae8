import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { SigningSecret, verifyWebhook, WebhookSigningError } from '@otpost/webhook-signing';

/** Verifies the Standard Webhooks signature of the raw MIME hook, under one of the configured secrets, within five minutes. */
export class MimeProof {
  private readonly secrets: readonly SigningSecret[];

  /** @param secrets `whsec_…`, several separated by commas; undefined: the hook takes nothing */
  constructor(
    secrets: Secret | undefined,
    private readonly now: () => number = Date.now,
  ) {
    this.secrets = (secrets?.reveal().split(',') ?? []).map((text) => SigningSecret.parse(new Secret(text)));
  }

  /** @throws AppError `forbidden` where there is nothing to verify: before a byte of the body is read */
  requireHeaders(headers: IncomingHttpHeaders): void {
    if (this.secrets.length === 0 || headers['webhook-signature'] === undefined) throw notProven();
  }

  /** @throws AppError `forbidden` */
  verify(headers: IncomingHttpHeaders, body: Uint8Array): void {
    try {
      verifyWebhook({ headers, body }, { secrets: this.secrets, nowMs: this.now() });
    } catch (error) {
      if (error instanceof WebhookSigningError) throw notProven();
      throw error;
    }
  }
}

function notProven(): AppError {
  return new AppError('forbidden', 'The request is not proven');
}
