/**
 * What was wrong, as a stable word for programs. `field` says where (`secret`, `digits`, `codes`, ...), so that the edge
 * can name it to the client.
 */
export type OtpErrorCode =
  | 'secret_missing'
  | 'secret_not_base32'
  | 'secret_too_short'
  | 'secret_too_long'
  | 'type_unsupported'
  | 'algorithm_unsupported'
  | 'digits_out_of_range'
  | 'period_out_of_range'
  | 'counter_out_of_range'
  | 'time_out_of_range'
  | 'look_ahead_out_of_range'
  | 'code_malformed'
  | 'uri_malformed'
  | 'uri_too_long'
  | 'uri_parameter_repeated'
  | 'migration_malformed'
  | 'migration_unrepresentable'
  | 'migration_batch_mismatch';

export type OtpField =
  | 'secret'
  | 'uri'
  | 'type'
  | 'label'
  | 'issuer'
  | 'algorithm'
  | 'digits'
  | 'period'
  | 'counter'
  | 'time'
  | 'look_ahead'
  | 'codes';

/**
 * The only error this library throws. Its message is fit for a client: it names the problem and never repeats any part
 * of what was given, since that may be a secret or a code. For the same reason it carries no `cause`.
 */
export class OtpError extends Error {
  override readonly name = 'OtpError';

  constructor(
    readonly code: OtpErrorCode,
    readonly field: OtpField,
    message: string,
  ) {
    super(message);
  }
}
