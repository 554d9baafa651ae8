import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { keyStatus, keyStatusView, rotateDataKeys, rotateKek } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { RootCallOf, type RootCall } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

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
  body: z.strictObject({ workspace_id: z.uuid().optional() }).optional(),
  response: rotateDataKeys.response,
});

@Controller()
export class KeysController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(status)
  async status(@RootCallOf() call: RootCall, @Input() _input: InputOf<typeof status>) {
    return this.rpc.call(keyStatus, call.caller, { signal: call.signal });
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
