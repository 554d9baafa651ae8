import { Controller, Inject } from '@nestjs/common';
import {
  approvePhoneNumber,
  connectPhoneNumber,
  createPhoneNumber,
  deletePhoneNumber,
  fieldError,
  findCreatedPhoneNumber,
  getPhoneNumber,
  listPhoneNumbers,
  notFound,
  updatePhoneNumber,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, OwnerDatabase, type Transaction } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { CreatePhoneNumber } from './create-phone-number.js';
import { assertFree, findNumber, recordOfNumber, viewOfNumber } from './phone-number-rows.js';

/** Phone numbers. The gateway calls their provider, since nothing from outside is parsed here. */
@Controller()
export class PhoneNumbersController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(CreatePhoneNumber) private readonly createPhoneNumber: CreatePhoneNumber,
  ) {}

  @Rpc(createPhoneNumber)
  create(request: RequestOf<typeof createPhoneNumber>): Promise<ResponseOf<typeof createPhoneNumber>> {
    return this.createPhoneNumber.run(request);
  }

  @Rpc(findCreatedPhoneNumber)
  findCreated(request: RequestOf<typeof findCreatedPhoneNumber>): Promise<ResponseOf<typeof findCreatedPhoneNumber>> {
    return this.createPhoneNumber.findCreated(request);
  }

  @Rpc(connectPhoneNumber)
  async connect(request: RequestOf<typeof connectPhoneNumber>): Promise<ResponseOf<typeof connectPhoneNumber>> {
    const { workspace_id: workspaceId, id, provider_sid: providerSid } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      await lockNumber(tx, id);
      const row = await findNumber(tx, id);
      if (row.providerSid === providerSid) return recordOfNumber(row);
      await tx.phoneNumber.updateMany({ where: { id }, data: { providerSid } });
      const action = row.purchased && row.providerSid === null ? 'phone_number.purchased' : 'phone_number.connected';
      await recordAudit(tx, request, { workspaceId, action, resource: { type: 'phone_number', id } });
      return recordOfNumber({ ...row, providerSid });
    });
  }

  @Rpc(listPhoneNumbers)
  async list({
    workspace_id: workspaceId,
    page,
  }: RequestOf<typeof listPhoneNumbers>): Promise<ResponseOf<typeof listPhoneNumbers>> {
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.phoneNumber.findMany({
        where: { workspaceId, ...(page.cursor == null ? {} : { id: { gt: page.cursor } }) },
        orderBy: { id: 'asc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit);
    return {
      items: items.map(viewOfNumber),
      next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null,
    };
  }

  @Rpc(getPhoneNumber)
  async get(request: RequestOf<typeof getPhoneNumber>): Promise<ResponseOf<typeof getPhoneNumber>> {
    return this.database.withWorkspace(request.workspace_id, async (tx) =>
      recordOfNumber(await findNumber(tx, request.id)),
    );
  }

  @Rpc(updatePhoneNumber)
  async update(request: RequestOf<typeof updatePhoneNumber>): Promise<ResponseOf<typeof updatePhoneNumber>> {
    const { workspace_id: workspaceId, id, change } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      // The credential's lock comes first, as it does where a credential with its number is deleted.
      if (change.credential_id != null) await assertFree(tx, workspaceId, change.credential_id, id);
      await lockNumber(tx, id);
      const row = await findNumber(tx, id);
      const mode = change.mode ?? row.mode;
      if (mode === 'shared' && change.credential_id != null)
        throw fieldError('credential_id', 'a shared number belongs to no credential');
      const kept = change.credential_id === undefined ? row.credentialId : change.credential_id;
      const credentialId = mode === 'shared' ? null : kept;
      if (mode === row.mode && credentialId === row.credentialId) return viewOfNumber(row);
      await tx.phoneNumber.updateMany({ where: { id }, data: { mode, credentialId } });
      await recordAudit(tx, request, {
        workspaceId,
        action: 'phone_number.updated',
        resource: { type: 'phone_number', id },
        details: { mode, ...(credentialId === null ? {} : { credential_id: credentialId }) },
      });
      return viewOfNumber({ ...row, mode, credentialId });
    });
  }

  @Rpc(deletePhoneNumber)
  async delete(request: RequestOf<typeof deletePhoneNumber>): Promise<ResponseOf<typeof deletePhoneNumber>> {
    const { workspace_id: workspaceId, id, reason } = request;
    await this.database.withWorkspace(workspaceId, async (tx) => {
      const { e164 } = await findNumber(tx, id);
      const { count } = await tx.phoneNumber.deleteMany({ where: { id } });
      if (count === 0) throw notFound('phone number');
      // What came to nothing may be asked for again with the same key.
      if (reason === 'provider_refused')
        await tx.idempotencyRecord.deleteMany({ where: { workspaceId, resourceId: id } });
      await recordAudit(tx, request, {
        workspaceId,
        action: 'phone_number.deleted',
        resource: { type: 'phone_number', id },
        details: { e164, reason },
      });
    });
    return {};
  }

  @Rpc(approvePhoneNumber)
  async approve(request: RequestOf<typeof approvePhoneNumber>): Promise<ResponseOf<typeof approvePhoneNumber>> {
    const { id } = request;
    const found = await this.owner.prisma.phoneNumber.findUnique({ where: { id }, select: { workspaceId: true } });
    if (found === null) throw notFound('phone number');
    const { workspaceId } = found;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const { count } = await tx.phoneNumber.updateMany({
        where: { id, status: 'pending_approval' },
        data: { status: 'active', approvedAt: new Date() },
      });
      const row = await findNumber(tx, id);
      if (count > 0)
        await recordAudit(tx, request, {
          workspaceId,
          action: 'phone_number.approved',
          resource: { type: 'phone_number', id },
          details: { e164: row.e164 },
        });
      return { workspace_id: workspaceId, phone_number: recordOfNumber(row) };
    });
  }
}

async function lockNumber(tx: Transaction, id: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM phone_number WHERE id = ${id}::uuid FOR UPDATE`;
}
