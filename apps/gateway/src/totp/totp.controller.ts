import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  createOtpSecret,
  deleteOtpSecret,
  listOtpSecrets,
  newOtpSecret,
  readTotpCode,
  secretText,
  type OtpSecretView,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { allPages } from '../http/all-pages.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';
import { CredentialLimit } from '../rate-limits/credential-limit.js';

const tag = 'Sendblue: TOTP';
const byId = z.strictObject({ id: uuid() });
const ok = z.literal('OK');

const totpSecret = z.object({
  id: uuid(),
  label: z.string(),
  issuer: z.string().nullable(),
  algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']),
  digits: z.int(),
  period: z.int(),
  created_at: z.iso.datetime(),
});

const create = defineEndpoint({
  method: 'POST',
  path: '/api/v2/totp/secrets',
  access: 'vault:write',
  tag,
  summary: 'Store a TOTP secret; the secret is shown once, here',
  status: 200,
  idempotent: true,
  body: newOtpSecret.omit({ type: true, counter: true }),
  response: z.object({ status: ok, totp_secret: totpSecret.extend({ secret: secretText.nullable() }) }),
});

const list = defineEndpoint({
  method: 'GET',
  path: '/api/v2/totp/secrets',
  access: 'vault:read',
  tag,
  summary: 'List TOTP secrets, without their secret',
  response: z.object({ status: ok, totp_secrets: z.array(totpSecret) }),
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/api/v2/totp/secrets/:id',
  access: 'vault:write',
  tag,
  summary: 'Delete a TOTP secret',
  params: byId,
  response: z.object({ status: ok }),
});

const readCode = defineEndpoint({
  method: 'GET',
  path: '/api/v2/totp/code/:id',
  access: 'codes:read',
  tag,
  summary: 'The current code of a TOTP secret, and the seconds until it rotates',
  params: byId,
  response: z.object({ status: ok, code: secretText, expires_in: z.int() }),
});

/** Sendblue's TOTP API: its clients work here unchanged. */
@Controller()
export class TotpController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(CredentialLimit) private readonly limit: CredentialLimit,
  ) {}

  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    const request = { ...call.caller, otp_secret: { type: 'totp' as const, ...body }, idempotency: call.idempotency };
    const { otp_secret } = await this.rpc.call(createOtpSecret, request, { signal: call.signal });
    return { status: 'OK' as const, totp_secret: { ...asTotp(otp_secret), secret: otp_secret.secret } };
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() _input: InputOf<typeof list>) {
    const secrets = await allPages((page) =>
      this.rpc.call(listOtpSecrets, { ...call.caller, type: 'totp', page }, { signal: call.signal }),
    );
    return { status: 'OK' as const, totp_secrets: secrets.map(asTotp) };
  }

  @Handles(remove)
  async remove(@CallOf() call: Call, @Input() { params }: InputOf<typeof remove>) {
    await this.rpc.call(deleteOtpSecret, { ...call.caller, id: params.id, type: 'totp' }, { signal: call.signal });
    return { status: 'OK' as const };
  }

  @Handles(readCode)
  async readCode(@CallOf() call: Call, @Input() { params }: InputOf<typeof readCode>) {
    await this.limit.take(call.caller.workspace_id, params.id);
    const read = await this.rpc.call(readTotpCode, { ...call.caller, id: params.id }, { signal: call.signal });
    return { status: 'OK' as const, code: read.code, expires_in: read.expires_in_seconds };
  }
}

function asTotp({
  id,
  label,
  issuer,
  algorithm,
  digits,
  period,
  created_at,
}: OtpSecretView): z.output<typeof totpSecret> {
  return { id, label, issuer, algorithm, digits, period: period ?? 30, created_at };
}
