import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  clearBrowserState,
  createCredential,
  credentialChange,
  credentialPair,
  credentialView,
  deleteCredential,
  fieldError,
  findCredential,
  listCredentials,
  newCredential,
  normaliseDomain,
  readTfaCode,
  secretText,
  updateCredential,
  type CredentialChange,
  type CredentialView,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { allPages } from '../http/all-pages.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input, validationFailed } from '../http/input.js';
import { CredentialLimit } from '../rate-limits/credential-limit.js';

const tag = 'CloudCruise: vault';
const success = z.object({ success: z.literal(true) });

/** Clients send back what they read: what only otpost sets is ignored. */
const ignored = {
  workspace_id: z.unknown().optional(),
  created_at: z.unknown().optional(),
  updated_at: z.unknown().optional(),
  tfa_email: z.unknown().optional(),
  tfa_phone_number: z.unknown().optional(),
  session_data_set_at: z.unknown().optional(),
  effective_expires_at: z.unknown().optional(),
};

const create = defineEndpoint({
  method: 'POST',
  path: '/vault',
  access: 'vault:write',
  tag,
  summary: 'Create a vault entry',
  idempotent: true,
  body: newCredential,
  response: credentialView,
});

const update = defineEndpoint({
  method: 'PUT',
  path: '/vault',
  access: 'vault:write',
  tag,
  summary: 'Change a vault entry, named by its pair or its id; only the fields sent change',
  body: credentialChange.extend(ignored),
  response: credentialView,
});

const read = defineEndpoint({
  method: 'GET',
  path: '/vault',
  access: 'vault:read',
  tag,
  summary: 'All vault entries, or the one of a pair',
  query: z.strictObject({ permissioned_user_id: z.string().optional(), domain: z.string().optional() }),
  response: z.union([credentialView, z.array(credentialView)]),
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/vault',
  access: 'vault:write',
  tag,
  summary: 'Delete a vault entry',
  body: credentialPair,
  response: success,
});

const clear = defineEndpoint({
  method: 'PATCH',
  path: '/vault/clear-browser-state',
  access: 'vault:write',
  tag,
  summary: 'Forget cookies, local and session storage of a vault entry',
  body: credentialPair,
  response: success,
});

const tfaCode = defineEndpoint({
  method: 'GET',
  path: '/vault/tfa-code',
  access: 'codes:read',
  tag,
  summary: 'The current code of a vault entry',
  query: credentialPair,
  response: z.discriminatedUnion('type', [
    z.object({ type: z.literal('authenticator'), code: secretText, expires_in_seconds: z.int() }),
    z.object({ type: z.enum(['email', 'sms']), code: secretText, received_at: z.iso.datetime() }),
  ]),
});

/** CloudCruise's vault API: its clients work here unchanged. */
@Controller()
export class VaultController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(CredentialLimit) private readonly limit: CredentialLimit,
  ) {}

  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    const request = { ...call.caller, credential: body, idempotency: call.idempotency };
    const { credential } = await this.rpc.call(createCredential, request, { signal: call.signal });
    return credential;
  }

  @Handles(update)
  async update(@CallOf() call: Call, @Input() { body }: InputOf<typeof update>) {
    const change = withoutIgnored(body);
    const { id, permissioned_user_id, domain } = change;
    if (id === undefined && (permissioned_user_id === undefined || domain === undefined)) {
      const missing = permissioned_user_id === undefined ? 'permissioned_user_id' : 'domain';
      throw fieldError(missing, 'name the entry by permissioned_user_id and domain, or by id');
    }
    return this.rpc.call(updateCredential, { ...call.caller, change }, { signal: call.signal });
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { query }: InputOf<typeof read>) {
    const { permissioned_user_id, domain } = query;
    if (permissioned_user_id === undefined && domain === undefined) return this.#all(call);
    const pair = credentialPair.safeParse({ permissioned_user_id, domain });
    if (!pair.success) {
      throw validationFailed([
        {
          path: domain === undefined ? 'domain' : 'permissioned_user_id',
          message: 'send both permissioned_user_id and domain, or neither',
        },
      ]);
    }
    return this.rpc.call(findCredential, { ...call.caller, pair: pair.data }, { signal: call.signal });
  }

  @Handles(remove)
  async remove(@CallOf() call: Call, @Input() { body }: InputOf<typeof remove>) {
    await this.rpc.call(deleteCredential, { ...call.caller, pair: body }, { signal: call.signal });
    return { success: true as const };
  }

  @Handles(clear)
  async clearBrowserState(@CallOf() call: Call, @Input() { body }: InputOf<typeof clear>) {
    await this.rpc.call(clearBrowserState, { ...call.caller, pair: body }, { signal: call.signal });
    return { success: true as const };
  }

  @Handles(tfaCode)
  async tfaCode(@CallOf() call: Call, @Input() { query }: InputOf<typeof tfaCode>) {
    const domain = normaliseDomain(query.domain);
    if (domain === null) throw fieldError('domain', 'names no host');
    await this.limit.take(call.caller.workspace_id, query.permissioned_user_id, domain);
    const request = { ...call.caller, permissioned_user_id: query.permissioned_user_id, domain };
    return this.rpc.call(readTfaCode, request, { signal: call.signal });
  }

  #all(call: Call): Promise<CredentialView[]> {
    return allPages((page) => this.rpc.call(listCredentials, { ...call.caller, page }, { signal: call.signal }));
  }
}

function withoutIgnored(body: InputOf<typeof update>['body']): CredentialChange {
  const change: Record<string, unknown> = { ...body };
  for (const name of Object.keys(ignored)) delete change[name];
  return change;
}
