import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { dataKeyView, keyStatus, keyStatusView, listDataKeys, rotateDataKeys, rotateKek } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, RootCallOf, type Call, type RootCall } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';

const tag = 'Keys';
const access = 'root';

const status = defineEndpoint({
  method: 'GET',
  path: '/v1/keys',
  access,
  tag,
  summary: 'Which keys are in use, and how far a rotation has come',
  response: keyStatusView,
});

const dataKeys = defineEndpoint({
  method: 'GET',
  path: '/v1/data-keys',
  access: 'admin',
  tag,
  summary: "The workspace's own data keys, and what is left under a retiring one; nothing of the keys themselves",
  response: z.object({ items: z.array(dataKeyView) }),
});

const kek = defineEndpoint({
  method: 'POST',
  path: '/v1/keys/rotate-kek',
  access,
  tag,
  summary: 'Wrap every data key with the active key-encryption key',
  status: 200,
  idempotent: false,
  response: rotateKek.response,
});

const dek = defineEndpoint({
  method: 'POST',
  path: '/v1/keys/rotate-dek',
  access,
  tag,
  summary: 'Give one workspace, or all, a new data key and re-encrypt in the background',
  status: 200,
  idempotent: false,
  body: z.strictObject({ workspace_id: uuid().optional() }).optional(),
  response: rotateDataKeys.response,
});

@Controller()
export class KeysController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(status)
  async status(@RootCallOf() call: RootCall, @Input() _input: InputOf<typeof status>) {
    return this.rpc.call(keyStatus, call.caller, { signal: call.signal });
  }

  @Handles(dataKeys)
  async list(@CallOf() { caller, signal }: Call, @Input() _input: InputOf<typeof dataKeys>) {
    return this.rpc.call(listDataKeys, caller, { signal });
  }

  @Handles(kek)
  async rotateKek(@RootCallOf() call: RootCall, @Input() _input: InputOf<typeof kek>) {
    return this.rpc.call(rotateKek, call.caller, { signal: call.signal });
  }

  @Handles(dek)
  async rotateDataKeys(@RootCallOf() call: RootCall, @Input() { body }: InputOf<typeof dek>) {
    return this.rpc.call(
      rotateDataKeys,
      { ...call.caller, workspace_id: body?.workspace_id ?? null },
      { signal: call.signal },
    );
  }
}
