/** Stable: callers switch on it. */
export type WebhookSigningErrorCode =
  /** Not `whsec_` and base64 of 24 to 64 bytes. */
  | 'malformed_secret'
  /** `webhook-id`, `webhook-timestamp` or `webhook-signature` is not there. */
  | 'missing_headers'
  /** `webhook-timestamp` is not a whole number of seconds. */
  | 'malformed_timestamp'
  | 'too_old'
  | 'too_new'
  | 'no_matching_signature';

const messages: Record<WebhookSigningErrorCode, string> = {
  malformed_secret: 'a webhook secret is whsec_ and the base64 of 24 to 64 bytes',
  missing_headers: 'webhook-id, webhook-timestamp and webhook-signature are required',
  malformed_timestamp: 'webhook-timestamp is not a whole number of seconds',
  too_old: 'webhook-timestamp is too far in the past',
  too_new: 'webhook-timestamp is too far in the future',
  no_matching_signature: 'no signature matches',
};

/** The one error of this library. Its message holds nothing of a secret, a signature or a body. */
export class WebhookSigningError extends Error {
  constructor(readonly code: WebhookSigningErrorCode) {
    super(messages[code]);
    this.name = 'WebhookSigningError';
  }
}
