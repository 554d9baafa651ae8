import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clearBrowserState,
  createCredential,
  deleteCredential,
  findCredential,
  listCredentials,
  readTfaCode,
  updateCredential,
  type RpcContract,
} from '@otpost/contracts';
import { Database, OwnerDatabase } from '@otpost/database';
import { createTestDatabase } from '@otpost/database/testing';
import { createKeyringFile, LocalKeyring, type Secret } from '@otpost/envelope';
import { z } from 'zod';
import { KeyChanges } from '../../api-keys/key-changes.js';
import { DataKeys } from '../../keys/data-keys.js';
import { CodePath } from '../../otp-secrets/code-path.js';
import { ReadTotpCode } from '../../otp-secrets/read-totp-code.js';
import { WorkspacesController } from '../../workspaces/workspaces.controller.js';
import { CreateCredential } from '../create-credential.js';
import { CredentialUses } from '../credential-uses.js';
import { CredentialsController } from '../credentials.controller.js';
import { DeleteCredential } from '../delete-credential.js';
import { ReadCredential } from '../read-credential.js';
import { ReadReceivedCode } from '../read-received-code.js';
import { ReadTfaCode } from '../read-tfa-code.js';
import { UpdateCredential } from '../update-credential.js';

/** What goes over the wire and comes back, as the gateway sees it. */
export type Json = Record<string, unknown>;

/** The credentials feature on a database and a keyring of its own. */
export type OpenVault = Awaited<ReturnType<typeof openVault>>;

export async function openVault() {
  const testDatabase = await createTestDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'otpost-credentials-'));
  createKeyringFile(join(directory, 'keyring'));
  const database = new Database({ url: testDatabase.urls.vault, applicationName: 'spec', connections: 10 });
  const owner = new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec (owner)', connections: 3 });
  const kek = LocalKeyring.open(join(directory, 'keyring'));
  const dataKeys = new DataKeys(owner, kek, 300);
  const codePath = new CodePath(database);
  const uses = new CredentialUses(owner);
  const read = new ReadCredential(database, dataKeys, 'in.example.test');
  const credentials = new CredentialsController(
    new CreateCredential(database, dataKeys, read),
    new UpdateCredential(database, dataKeys, read),
    read,
    new DeleteCredential(database),
    new ReadTfaCode(
      codePath,
      new ReadTotpCode(codePath, dataKeys, database),
      new ReadReceivedCode(database, dataKeys),
      uses,
    ),
  );

  const handlers = {
    create: over(createCredential, (request) => credentials.create(request)),
    update: over(updateCredential, (request) => credentials.update(request)),
    find: over(findCredential, (request) => credentials.find(request)),
    list: over(listCredentials, (request) => credentials.list(request)),
    delete: over(deleteCredential, (request) => credentials.delete(request)),
    clearBrowserState: over(clearBrowserState, (request) => credentials.clearBrowserState(request)),
    readTfaCode: over(readTfaCode, (request) => credentials.readCode(request)),
  };

  async function makeWorkspace() {
    // Making a workspace tells nobody of it.
    const untold = Object.create(KeyChanges.prototype) as KeyChanges;
    const workspaces = new WorkspacesController(database, owner, dataKeys, untold);
    const actor = { kind: 'root' as const, id: 'root' };
    const request = { actor, ip: null, request_id: 'spec', workspace: { name: 'spec' }, idempotency: null };
    const { workspace, client_encryption_key } = await workspaces.create(request);
    return new WorkspaceClient(workspace.id, (client_encryption_key as Secret).reveal(), handlers);
  }

  return {
    database,
    owner,
    dataKeys,
    kek,
    /** To connect as another service. */
    urls: testDatabase.urls,
    uses,
    makeWorkspace,
    close: async () => {
      await uses.onApplicationShutdown();
      await database.close();
      await owner.close();
      await testDatabase.drop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** One workspace's client: JSON in, JSON out, through the contracts on both sides. */
export class WorkspaceClient {
  constructor(
    readonly id: string,
    /** 64 hex digits */
    readonly clientKey: string,
    private readonly handlers: Record<string, (request: Json) => Promise<Json>>,
    private readonly actorId = 'key1',
  ) {}

  /** The same workspace with another API key. */
  as(actorId: string): WorkspaceClient {
    return new WorkspaceClient(this.id, this.clientKey, this.handlers, actorId);
  }

  async create(credential: Json, idempotency: Json | null = null): Promise<Json> {
    const { credential: view } = await this.#ask('create', { credential: { ...aPair, ...credential }, idempotency });
    return view as Json;
  }

  update(change: Json): Promise<Json> {
    return this.#ask('update', { change: 'id' in change ? change : { ...aPair, ...change } });
  }

  find(pair: Json = {}): Promise<Json> {
    return this.#ask('find', { pair: { ...aPair, ...pair } });
  }

  list(page: Json = { limit: 200 }): Promise<{ items: Json[]; next_cursor: string | null }> {
    return this.#ask('list', { page }) as Promise<{ items: Json[]; next_cursor: string | null }>;
  }

  delete(pair: Json = {}): Promise<Json> {
    return this.#ask('delete', { pair: { ...aPair, ...pair } });
  }

  clearBrowserState(pair: Json = {}): Promise<Json> {
    return this.#ask('clearBrowserState', { pair: { ...aPair, ...pair } });
  }

  readTfaCode(pair: Json = {}): Promise<Json> {
    return this.#ask('readTfaCode', { ...aPair, ...pair });
  }

  #ask(name: string, payload: Json): Promise<Json> {
    const caller = { actor: { kind: 'api_key', id: this.actorId }, ip: '192.0.2.7', request_id: 'spec' };
    return (
      this.handlers[name]?.({ ...caller, workspace_id: this.id, ...payload }) ?? Promise.reject(new TypeError(name))
    );
  }
}

export const aPair = { permissioned_user_id: 'ada', domain: 'github.com' };

/** Decodes and encodes as the transport does, JSON text included. */
function over<Contract extends RpcContract>(
  contract: Contract,
  handle: (request: z.output<Contract['request']>) => Promise<z.output<Contract['response']>>,
): (request: Json) => Promise<Json> {
  return async (request) => {
    const wire: unknown = JSON.parse(JSON.stringify(request));
    const response = await handle(contract.request.parse(wire) as z.output<Contract['request']>);
    return JSON.parse(JSON.stringify(z.encode(contract.response, response))) as Json;
  };
}
