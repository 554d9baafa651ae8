import { Controller, Inject } from '@nestjs/common';
import { getWorkspace, updateWorkspace, workspaceChange, workspaceView } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

const tag = 'Settings';
const path = '/v1/settings';
const access = 'admin';

const read = defineEndpoint({
  method: 'GET',
  path,
  access,
  tag,
  summary: "The key's own workspace, with its settings",
  response: workspaceView,
});

const change = defineEndpoint({
  method: 'PATCH',
  path,
  access,
  tag,
  summary: 'Rename the workspace or change its settings; only the fields sent change',
  body: workspaceChange,
  response: workspaceView,
});

/** What the administrators of a workspace may change of it without the root key. */
@Controller()
export class SettingsController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(read)
  async read(@CallOf() { caller, signal }: Call, @Input() _input: InputOf<typeof read>) {
    return this.rpc.call(getWorkspace, { ...caller, id: caller.workspace_id }, { signal });
  }

  @Handles(change)
  async change(@CallOf() { caller, signal }: Call, @Input() { body }: InputOf<typeof change>) {
    return this.rpc.call(updateWorkspace, { ...caller, id: caller.workspace_id, change: body }, { signal });
  }
}
