import { Controller, Inject } from '@nestjs/common';
import { fieldError, readUsage, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Rpc } from '@otpost/messaging';

const maxDays = 366;
const dayMs = 86_400_000;

/** How often a workspace did what, by day (UTC). */
@Controller()
export class UsageController {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @throws AppError `validation_failed` for a range that is empty or longer than 366 days */
  @Rpc(readUsage)
  async read({
    workspace_id: workspaceId,
    from,
    to,
  }: RequestOf<typeof readUsage>): Promise<ResponseOf<typeof readUsage>> {
    checkRange(from, to);
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.usageCounter.findMany({
        where: { workspaceId, day: { gte: new Date(from), lte: new Date(to) } },
        orderBy: [{ day: 'asc' }, { metric: 'asc' }],
      }),
    );
    const days = new Map<string, Record<string, number>>();
    for (const { day, metric, value } of rows) {
      const date = day.toISOString().slice(0, 10);
      const counts = days.get(date) ?? {};
      counts[metric] = Number(value);
      days.set(date, counts);
    }
    return { days: [...days].map(([day, counts]) => ({ day, counts })) };
  }
}

export function checkRange(from: string, to: string): void {
  const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
  if (days < 1) throw fieldError('to', 'is before from');
  if (days > maxDays) throw fieldError('from', `is more than ${maxDays} days before to`);
}
