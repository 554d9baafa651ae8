import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  createdWorkspace,
  createWorkspace,
  deleteWorkspace,
  getWorkspace,
  listWorkspaces,
  newWorkspace,
  pageOf,
  pageRequest,
  updateWorkspace,
  workspaceChange,
  workspaceView,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { RootCallOf, type RootCall } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';

const tag = 'Workspaces';
const access = 'root';
const byId = z.strictObject({ id: uuid() });

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/workspaces',
  access,
  tag,
  summary: 'Create a workspace; its first API key and its client encryption key are shown once, here',
  body: newWorkspace,
  response: createdWorkspace,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/workspaces',
  access,
  tag,
  summary: 'List workspaces',
  query: z.strictObject(pageRequest.shape),
  response: pageOf(workspaceView),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/workspaces/:id',
  access,
  tag,
  summary: 'Read a workspace',
  params: byId,
  response: workspaceView,
});

const update = defineEndpoint({
  method: 'PATCH',
  path: '/v1/workspaces/:id',
  access,
  tag,
  summary: 'Rename a workspace or change its settings',
  params: byId,
  body: workspaceChange,
  response: workspaceView,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/workspaces/:id',
  access,
  tag,
  summary: 'Delete a workspace and destroy its data keys, for good',
  params: byId,
  response: z.object({ success: z.literal(true) }),
});

@Controller()
export class WorkspacesController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(create)
  async create(@RootCallOf() call: RootCall, @Input() { body }: InputOf<typeof create>) {
    const request = { ...call.caller, workspace: body, idempotency: call.idempotency };
    return this.rpc.call(createWorkspace, request, { signal: call.signal });
  }

  @Handles(list)
  async list(@RootCallOf() call: RootCall, @Input() { query }: InputOf<typeof list>) {
    return this.rpc.call(listWorkspaces, { ...call.caller, page: query }, { signal: call.signal });
  }

  @Handles(read)
  async read(@RootCallOf() call: RootCall, @Input() { params }: InputOf<typeof read>) {
    return this.rpc.call(getWorkspace, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(update)
  async update(@RootCallOf() call: RootCall, @Input() { params, body }: InputOf<typeof update>) {
    return this.rpc.call(updateWorkspace, { ...call.caller, id: params.id, change: body }, { signal: call.signal });
  }

  @Handles(remove)
  async remove(@RootCallOf() call: RootCall, @Input() { params }: InputOf<typeof remove>) {
    await this.rpc.call(deleteWorkspace, { ...call.caller, id: params.id }, { signal: call.signal });
    return { success: true as const };
  }
}
