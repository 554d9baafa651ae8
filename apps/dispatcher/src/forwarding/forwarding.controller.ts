import { Controller, Inject } from '@nestjs/common';
import {
  askForwardingConfirmation,
  changeForwardingRule,
  confirmForwarding,
  createForwardingRule,
  deleteForwardingRule,
  getForwardingRule,
  listForwardingRules,
  listForwards,
  notFound,
  readForwardingConfirmation,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { ChangeRule } from './change-rule.js';
import { ConfirmDestination } from './confirm-destination.js';
import { CreateRule } from './create-rule.js';
import { readRule, viewOfForward, viewOfRule } from './rule-rows.js';

/** To whom copies of a workspace's messages go, and whether they agreed. */
@Controller()
export class ForwardingController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CreateRule) private readonly createRule: CreateRule,
    @Inject(ChangeRule) private readonly changeRule: ChangeRule,
    @Inject(ConfirmDestination) private readonly confirmDestination: ConfirmDestination,
  ) {}

  @Rpc(createForwardingRule)
  create(request: RequestOf<typeof createForwardingRule>): Promise<ResponseOf<typeof createForwardingRule>> {
    return this.createRule.create(request);
  }

  @Rpc(listForwardingRules)
  async list({
    workspace_id: workspaceId,
    credential_id,
    page,
  }: RequestOf<typeof listForwardingRules>): Promise<ResponseOf<typeof listForwardingRules>> {
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.forwardingRule.findMany({
        where: {
          workspaceId,
          ...(credential_id === null ? {} : { credentialId: credential_id }),
          ...(page.cursor == null ? {} : { id: { gt: page.cursor } }),
        },
        orderBy: { id: 'asc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit).map(viewOfRule);
    return { items, next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Rpc(getForwardingRule)
  async get({ workspace_id, id }: RequestOf<typeof getForwardingRule>): Promise<ResponseOf<typeof getForwardingRule>> {
    return viewOfRule(await this.database.withWorkspace(workspace_id, (tx) => readRule(tx, id)));
  }

  @Rpc(changeForwardingRule)
  change(request: RequestOf<typeof changeForwardingRule>): Promise<ResponseOf<typeof changeForwardingRule>> {
    return this.changeRule.change(request);
  }

  @Rpc(askForwardingConfirmation)
  askAgain(
    request: RequestOf<typeof askForwardingConfirmation>,
  ): Promise<ResponseOf<typeof askForwardingConfirmation>> {
    return this.changeRule.askAgain(request);
  }

  @Rpc(deleteForwardingRule)
  async delete(request: RequestOf<typeof deleteForwardingRule>): Promise<ResponseOf<typeof deleteForwardingRule>> {
    const { workspace_id: workspaceId, id } = request;
    await this.database.withWorkspace(workspaceId, async (tx) => {
      const { count } = await tx.forwardingRule.deleteMany({ where: { id } });
      if (count === 0) throw notFound('forwarding rule');
      await recordAudit(tx, request, {
        action: 'forwarding_rule.deleted',
        resource: { type: 'forwarding_rule', id },
      });
    });
    return {};
  }

  @Rpc(listForwards)
  async forwards({
    workspace_id: workspaceId,
    id: ruleId,
    page,
  }: RequestOf<typeof listForwards>): Promise<ResponseOf<typeof listForwards>> {
    const rows = await this.database.withWorkspace(workspaceId, async (tx) => {
      await readRule(tx, ruleId);
      return tx.forwardingJob.findMany({
        where: { workspaceId, ruleId, purpose: 'copy', ...(page.cursor == null ? {} : { id: { lt: page.cursor } }) },
        orderBy: { id: 'desc' },
        take: page.limit + 1,
      });
    });
    const items = rows.slice(0, page.limit).map(viewOfForward);
    return { items, next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Rpc(readForwardingConfirmation)
  confirmation(
    request: RequestOf<typeof readForwardingConfirmation>,
  ): Promise<ResponseOf<typeof readForwardingConfirmation>> {
    return this.confirmDestination.read(request);
  }

  @Rpc(confirmForwarding)
  confirm(request: RequestOf<typeof confirmForwarding>): Promise<ResponseOf<typeof confirmForwarding>> {
    return this.confirmDestination.confirm(request);
  }
}
