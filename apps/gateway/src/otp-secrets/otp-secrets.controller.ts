import { Controller, Inject, UseInterceptors } from '@nestjs/common';
import { z } from 'zod';
import {
  createOtpSecret,
  createdOtpSecret,
  deleteOtpSecret,
  getOtpSecret,
  importOtpSecrets,
  listOtpSecrets,
  newOtpSecret,
  otpSecretView,
  pageOf,
  pageRequest,
  resyncHotp,
  secretText,
  takeOtpCode,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';
import { CredentialLimit } from '../rate-limits/credential-limit.js';
import { mostImageBytes, mostImages } from './image-form.js';
import { ImportImages } from './import-images.interceptor.js';
import { waitUntil } from './wait-until.js';

const tag = 'OTP secrets';
const byId = z.strictObject({ id: uuid() });

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/otp-secrets',
  access: 'vault:write',
  tag,
  summary: 'Store a TOTP or HOTP secret; the secret is shown once, here',
  body: newOtpSecret,
  response: createdOtpSecret,
});

export const importAll = defineEndpoint({
  method: 'POST',
  path: '/v1/otp-secrets/import',
  access: 'vault:write',
  tag,
  summary:
    'Import accounts from an otpauth:// link or an otpauth-migration:// export, or from images of their QR codes',
  body: z.union([
    z.strictObject({ uri: secretText }),
    /** A large export comes as several QR codes: all of them together. */
    z.strictObject({ uris: z.array(secretText).min(1).max(100) }),
  ]),
  files: {
    name: 'image',
    contentTypes: ['image/png', 'image/jpeg'],
    most: mostImages,
    description: `Of one QR code each; ${mostImageBytes / 1e6} MB together.`,
  },
  response: z.object({
    items: z.array(otpSecretView),
    skipped: z.array(z.object({ index: z.int(), label: z.string(), reason: z.string() })),
  }),
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/otp-secrets',
  access: 'vault:read',
  tag,
  summary: 'List OTP secrets, without their secret',
  query: z.strictObject({ ...pageRequest.shape, type: z.enum(['totp', 'hotp']).optional() }),
  response: pageOf(otpSecretView),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/otp-secrets/:id',
  access: 'vault:read',
  tag,
  summary: 'Read one OTP secret, without its secret',
  params: byId,
  response: otpSecretView,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/otp-secrets/:id',
  access: 'vault:write',
  tag,
  summary: 'Delete an OTP secret',
  params: byId,
  response: z.object({ success: z.literal(true) }),
});

const takeCode = defineEndpoint({
  method: 'POST',
  path: '/v1/otp-secrets/:id/code',
  access: 'codes:read',
  tag,
  summary: 'Take a code; for HOTP each call takes exactly one counter step',
  params: byId,
  body: z.strictObject({ min_validity_seconds: z.int().min(0).max(60).optional() }).optional(),
  status: 200,
  response: z.discriminatedUnion('type', [
    z.object({ type: z.literal('totp'), code: secretText, expires_in_seconds: z.int() }),
    z.object({ type: z.literal('hotp'), code: secretText, counter: z.int() }),
  ]),
});

const resync = defineEndpoint({
  method: 'POST',
  path: '/v1/otp-secrets/:id/resync',
  access: 'vault:write',
  tag,
  summary: 'Find the counter of a HOTP secret again from two consecutive codes',
  params: byId,
  body: z.strictObject({ codes: z.tuple([secretText, secretText]) }),
  status: 200,
  response: otpSecretView,
});

@Controller()
export class OtpSecretsController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(CredentialLimit) private readonly limit: CredentialLimit,
  ) {}

  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    const request = { ...call.caller, otp_secret: body, idempotency: call.idempotency };
    const { otp_secret } = await this.rpc.call(createOtpSecret, request, { signal: call.signal });
    return otp_secret;
  }

  // Above `@Handles()`, which puts a function of its own in the method's place.
  @UseInterceptors(ImportImages)
  @Handles(importAll)
  async import(@CallOf() call: Call, @Input() { body }: InputOf<typeof importAll>) {
    const uris = 'uri' in body ? [body.uri] : body.uris;
    return this.rpc.call(
      importOtpSecrets,
      { ...call.caller, uris, idempotency: call.idempotency },
      { signal: call.signal },
    );
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query: { type, ...page } }: InputOf<typeof list>) {
    return this.rpc.call(listOtpSecrets, { ...call.caller, type: type ?? null, page }, { signal: call.signal });
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    return this.rpc.call(getOtpSecret, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(remove)
  async remove(@CallOf() call: Call, @Input() { params }: InputOf<typeof remove>) {
    await this.rpc.call(deleteOtpSecret, { ...call.caller, id: params.id, type: null }, { signal: call.signal });
    return { success: true as const };
  }

  @Handles(takeCode)
  async takeCode(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof takeCode>) {
    const request = {
      ...call.caller,
      id: params.id,
      min_validity_seconds: body?.min_validity_seconds ?? 0,
      idempotency: call.idempotency,
    };
    await this.limit.take(call.caller.workspace_id, params.id);
    for (;;) {
      const taken = await this.rpc.call(takeOtpCode, request, { signal: call.signal });
      if (taken.type !== 'wait') return taken;
      await waitUntil(taken.opens_at_ms, call.signal);
    }
  }

  @Handles(resync)
  async resync(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof resync>) {
    return this.rpc.call(resyncHotp, { ...call.caller, id: params.id, codes: body.codes }, { signal: call.signal });
  }
}
