import { z } from 'zod';
import { caller, idempotency } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineBroadcast } from '../broadcasts.js';
import { defineRpc, secretText } from '../rpc.js';
import { createdApiKey } from './api-keys.js';

/** What a workspace may set for itself; every one has a default. */
export const workspaceSettings = z.strictObject({
  /** Seconds for which an e-mailed or texted code counts as fresh. */
  code_freshness_seconds: z.int().min(30).max(3_600).default(600),
  /** Hours for which message bodies are kept; 0: not at all. */
  message_retention_hours: z.int().min(0).max(720).default(24),
  /** Every hand-out of a TOTP code takes a lease on its time step. */
  exclusive_time_steps: z.boolean().default(false),
});
export type WorkspaceSettings = z.output<typeof workspaceSettings>;

export const workspaceSettingsChange = z.strictObject({
  code_freshness_seconds: z.int().min(30).max(3_600).optional(),
  message_retention_hours: z.int().min(0).max(720).optional(),
  exclusive_time_steps: z.boolean().optional(),
});

const workspaceName = z.string().trim().min(1).max(200);

export const newWorkspace = z.strictObject({ name: workspaceName, settings: workspaceSettingsChange.optional() });
export const workspaceChange = z.strictObject({
  name: workspaceName.optional(),
  settings: workspaceSettingsChange.optional(),
});

export const workspaceView = z.object({
  id: z.uuid(),
  name: z.string(),
  settings: workspaceSettings,
  created_at: z.iso.datetime(),
});

/** A new workspace with its first key and the key its clients encrypt with: both shown once. */
export const createdWorkspace = z.object({
  workspace: workspaceView,
  api_key: createdApiKey,
  client_encryption_key: secretText.nullable(),
});

export const createWorkspace = defineRpc({
  pattern: 'vault.workspaces.create',
  request: caller.extend({ workspace: newWorkspace, idempotency: idempotency.nullable() }),
  response: createdWorkspace.extend({ status: z.int() }),
  delivery: 'at-most-once',
});

export const getWorkspace = defineRpc({
  pattern: 'vault.workspaces.get',
  request: caller.extend({ id: z.uuid() }),
  response: workspaceView,
});

export const listWorkspaces = defineRpc({
  pattern: 'vault.workspaces.list',
  request: caller.extend({ page: pageRequest }),
  response: pageOf(workspaceView),
});

export const updateWorkspace = defineRpc({
  pattern: 'vault.workspaces.update',
  request: caller.extend({ id: z.uuid(), change: workspaceChange }),
  response: workspaceView,
});

/** Destroys the workspace's data keys with everything of it: what a backup still holds cannot be opened any more. */
export const deleteWorkspace = defineRpc({
  pattern: 'vault.workspaces.delete',
  request: caller.extend({ id: z.uuid() }),
  response: z.object({}),
  // Done twice it would tell of a thing that is not there.
  delivery: 'at-most-once',
});

/** A workspace is gone: nothing of it may be served from memory any more, its keys least of all. */
export const workspaceDeleted = defineBroadcast('vault.workspace-deleted', z.object({ id: z.uuid() }));
