import { Controller, Inject } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { keyStatus, listDataKeys, rotateDataKeys, rotateKek, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database, OwnerDatabase } from '@otpost/database';
import type { KeyEncryption } from '@otpost/envelope';
import { Rpc, RpcContext } from '@otpost/messaging';
import { DataKeyRotation } from './data-key-rotation.js';
import { keyEncryption } from './data-keys.js';
import { KekRotation } from './kek-rotation.js';
import { readDataKeys } from './data-key-list.js';
import { readKeyStatus } from './key-status.js';

/** The keys and their rotation: for the root key, and for a workspace to see its own. What is begun here the `KeyKeeper` of any vault ends. */
@Controller()
export class KeysController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(keyEncryption) private readonly kek: KeyEncryption,
    @Inject(KekRotation) private readonly kekRotation: KekRotation,
    @Inject(DataKeyRotation) private readonly dataKeyRotation: DataKeyRotation,
  ) {}

  @Rpc(keyStatus)
  async status(_request: RequestOf<typeof keyStatus>): Promise<ResponseOf<typeof keyStatus>> {
    return readKeyStatus(this.owner, await this.kek.activeKekId());
  }

  @Rpc(listDataKeys)
  async list({ workspace_id }: RequestOf<typeof listDataKeys>): Promise<ResponseOf<typeof listDataKeys>> {
    const activeKekId = await this.kek.activeKekId();
    return { items: await this.database.withWorkspace(workspace_id, (tx) => readDataKeys(tx, activeKekId)) };
  }

  @Rpc(rotateKek)
  async rotateKek(
    request: RequestOf<typeof rotateKek>,
    @Ctx() { signal }: RpcContext,
  ): Promise<ResponseOf<typeof rotateKek>> {
    const { activeKekId, rewrapped, failed } = await this.kekRotation.rewrapAll(request, { signal });
    return { active_kek: activeKekId, rewrapped, failed: failed.length };
  }

  @Rpc(rotateDataKeys)
  async rotateDataKeys(
    request: RequestOf<typeof rotateDataKeys>,
    @Ctx() { signal }: RpcContext,
  ): Promise<ResponseOf<typeof rotateDataKeys>> {
    if (request.workspace_id !== null) {
      const begun = await this.dataKeyRotation.begin(request, request.workspace_id);
      return { workspaces: begun ? 1 : 0, under_way: begun ? 0 : 1 };
    }
    const { begun, underWay } = await this.dataKeyRotation.beginAll(request, signal);
    return { workspaces: begun, under_way: underWay };
  }
}
