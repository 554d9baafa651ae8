import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuidv7 } from 'uuid';
import {
  answerChallenge,
  cancelChallenge,
  challengeDeadlines,
  depositAnswer,
  describeFactors,
  getChallenge,
  newChallenge,
  openChallenge,
  openReceivedCode,
  receivedCodeDeposited,
  wipeReceivedCode,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { insertCredential } from '@otpost/database/testing';
import { Secret } from '@otpost/envelope';
import { Rpc } from '@otpost/messaging';
import { until } from '@otpost/messaging/testing';
import { dataKeyIdOf } from '../testing/data-keys.js';
import { TestDispatcher } from '../testing/test-dispatcher.js';
import { ChallengeDeadlines } from './challenge-deadlines.js';

let dispatcher: TestDispatcher;
let replicas: NestFastifyApplication[];
let workspaceId: string;
let credentialId: string;

/** What the real vault keeps, on the same rows, in the clear. */
@Controller()
class ReceivedCodesStandIn {
  @Rpc(describeFactors)
  describe(): ResponseOf<typeof describeFactors> {
    return { credential_id: credentialId, tfa_method: 'EMAIL', otp_secret: null };
  }

  @Rpc(depositAnswer)
  async deposit(request: RequestOf<typeof depositAnswer>): Promise<ResponseOf<typeof depositAnswer>> {
    const { challenge_id, answer } = request;
    const id = await insertCode('user', answer.reveal(), challenge_id);
    if (id !== null) return { received_code_id: id, stored: true };
    const held = await dispatcher.owner.prisma.receivedCode.findUniqueOrThrow({ where: { challengeId: challenge_id } });
    return { received_code_id: held.id, stored: false };
  }

  @Rpc(openReceivedCode)
  async open({ challenge_id }: RequestOf<typeof openReceivedCode>): Promise<ResponseOf<typeof openReceivedCode>> {
    const row = await dispatcher.owner.prisma.receivedCode.findUnique({ where: { challengeId: challenge_id } });
    if (row?.value == null) return { received_code: null };
    const { id, channel, kind, receivedAt } = row;
    const value = new Secret(Buffer.from(row.value).toString());
    return { received_code: { id, channel, kind, value, received_at: receivedAt.toISOString() } };
  }

  @Rpc(wipeReceivedCode)
  async wipe({ challenge_id }: RequestOf<typeof wipeReceivedCode>): Promise<ResponseOf<typeof wipeReceivedCode>> {
    const { count } = await dispatcher.owner.prisma.receivedCode.updateMany({
      where: { challengeId: challenge_id, wipedAt: null },
      data: { value: null, dataKeyId: null, wipedAt: new Date() },
    });
    return { wiped: count === 1 };
  }
}

async function insertCode(channel: 'email' | 'user', text: string, challengeId: string | null = null) {
  const id = uuidv7();
  const later = new Date(Date.now() + 600_000);
  const { count } = await dispatcher.owner.prisma.receivedCode.createMany({
    data: {
      id,
      workspaceId,
      credentialId,
      channel,
      kind: 'code',
      value: Uint8Array.from(Buffer.from(text)),
      dataKeyId: dataKeyIdOf(workspaceId),
      receivedAt: new Date(),
      freshUntil: later,
      wipeDueAt: later,
      ...(challengeId === null ? {} : { challengeId, claimedAt: new Date() }),
    },
    skipDuplicates: true,
  });
  return count === 1 ? id : null;
}

beforeAll(async () => {
  const contracts = [describeFactors, depositAnswer, openReceivedCode, wipeReceivedCode];
  dispatcher = await TestDispatcher.prepare({ controllers: [ReceivedCodesStandIn], providers: [], contracts });
  replicas = [await dispatcher.startReplica(), await dispatcher.startReplica()];
});
afterAll(() => dispatcher.close());

beforeEach(async () => {
  workspaceId = await dispatcher.makeWorkspace();
  credentialId = await dispatcher.owner.asSystem((tx) =>
    insertCredential(tx, { workspaceId, dataKeyId: dataKeyIdOf(workspaceId) }),
  );
});

const open = async (more: Record<string, unknown> = {}) => {
  const challenge = newChallenge.parse({ credential_id: credentialId, ...more });
  const opened = await dispatcher.ask(openChallenge, workspaceId, { challenge, idempotency: null });
  return opened.challenge.id;
};
const get = (id: string) => dispatcher.ask(getChallenge, workspaceId, { id });
const answer = (id: string, code: string) =>
  dispatcher.ask(answerChallenge, workspaceId, { to: { id }, answer: { code: new Secret(code) }, idempotency: null });
const eventsOf = (challengeId: string) =>
  dispatcher.owner.prisma.event.findMany({ where: { challengeId }, orderBy: { id: 'asc' } });
const endNow = (ids: string[]) =>
  dispatcher.owner.prisma.challenge.updateMany({ where: { id: { in: ids } }, data: { expiresAt: new Date() } });

describe('two dispatchers', () => {
  it('expire each challenge exactly once, however often its timer fires and both sweep', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => open()));
    await endNow(ids);
    const sweeps = replicas.map((app) => app.get(ChallengeDeadlines).sweep());
    const timers = ids.flatMap((id) => [
      dispatcher.queues.add(challengeDeadlines, { workspace_id: workspaceId, challenge_id: id }, { reschedule: true }),
      replicas.map((app) => app.get(ChallengeDeadlines).onDeadline({ workspace_id: workspaceId, challenge_id: id })),
    ]);
    await Promise.all([...sweeps, ...timers.flat()]);
    await until('all expired', async () =>
      (await Promise.all(ids.map(get))).every(({ status }) => status === 'expired'),
    );
    for (const id of ids) {
      const failed = (await eventsOf(id)).filter(({ type }) => type === 'interaction.failed');
      expect(failed.map(({ payload }) => payload)).toEqual([expect.objectContaining({ reason: 'expired' })]);
    }
  });

  it('expire what Redis forgot', async () => {
    const id = await open();
    await dispatcher.queues.remove(challengeDeadlines, { workspace_id: workspaceId, challenge_id: id });
    await endNow([id]);
    await until('it expired', async () => (await get(id)).status === 'expired');
  });

  it('let cancelling and answering race to exactly one end, and a cancelled one keeps no code', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => open()));
    await Promise.all(
      ids.flatMap((id) => [
        answer(id, '123456').catch(() => undefined),
        dispatcher.ask(cancelChallenge, workspaceId, { id }).catch(() => undefined),
      ]),
    );
    for (const id of ids) {
      const { status, delivery } = await get(id);
      expect(['resolved', 'cancelled']).toContain(status);
      expect(delivery?.code?.reveal()).toBe(status === 'resolved' ? '123456' : undefined);
      const ends = (await eventsOf(id)).filter(({ type }) => type !== 'interaction.waiting').map(({ type }) => type);
      expect(ends).toEqual(
        status === 'resolved' ? ['interaction.finished', 'challenge.resolved'] : ['interaction.failed'],
      );
      const held = await dispatcher.owner.prisma.receivedCode.findUnique({ where: { challengeId: id } });
      if (status === 'cancelled') expect(held?.value ?? null).toBeNull();
    }
  });

  it('give 50 codes to 50 concurrent challenges, one each', async () => {
    const opening = Array.from({ length: 50 }, () => open({ factors: ['email'] }));
    const arriving = Array.from({ length: 50 }, async (_, index) => {
      await insertCode('email', String(100_000 + index));
      await dispatcher.rpc.emit(receivedCodeDeposited, { workspace_id: workspaceId, credential_id: credentialId });
    });
    const ids = await Promise.all(opening);
    await Promise.all(arriving);
    await until('all resolved', async () =>
      (await Promise.all(ids.map(get))).every(({ status }) => status === 'resolved'),
    );
    const codes = (await Promise.all(ids.map(get))).map(({ delivery }) => delivery?.code?.reveal());
    expect(new Set(codes)).toEqual(new Set(Array.from({ length: 50 }, (_, index) => String(100_000 + index))));
  });
});

describe("a human's answer", () => {
  it('that the vault keeps resolves its challenge, once, when whoever took it died before that', async () => {
    const id = await open();
    await insertCode('user', '515151', id);
    await dispatcher.owner.prisma.receivedCode.updateMany({
      where: { challengeId: id },
      data: { claimedAt: new Date(Date.now() - 4_000) },
    });
    await until('the sweep resolved it', async () => (await get(id)).status === 'resolved');
    expect((await get(id)).delivery?.code?.reveal()).toBe('515151');
    const types = (await eventsOf(id)).map(({ type }) => type);
    expect(types).toEqual(['interaction.waiting', 'interaction.finished', 'challenge.resolved']);
  });

  it('that the vault keeps does not resolve a challenge that ended meanwhile', async () => {
    const id = await open();
    await insertCode('user', '525252', id);
    await endNow([id]);
    await until('it expired', async () => (await get(id)).status === 'expired');
    expect((await get(id)).delivery).toBeNull();
  });
});

describe('a challenge that asks no human', () => {
  it('tells of its end as the others do', async () => {
    const id = await open({ factors: ['email'] });
    await endNow([id]);
    await until('it expired', async () => (await get(id)).status === 'expired');
    const events = (await eventsOf(id)).map(({ type, payload }) => [type, (payload as { reason?: string }).reason]);
    expect(events).toEqual([['interaction.failed', 'expired']]);
  });
});

describe('an inbound code', () => {
  it('is found by the sweep when word of it was lost', async () => {
    const id = await open();
    await insertCode('email', '424242');
    await until('the sweep claimed it', async () => (await get(id)).status === 'resolved');
  });

  it('that came up to 10 s before the challenge is its own at once; an older one never is', async () => {
    await insertCode('email', '111111');
    await dispatcher.owner.prisma.receivedCode.updateMany({
      where: { credentialId },
      data: { receivedAt: new Date(Date.now() - 12_000) },
    });
    const first = await open();
    expect((await get(first)).status).toBe('pending');
    await dispatcher.ask(cancelChallenge, workspaceId, { id: first });
    await insertCode('email', '222222');
    const second = await open();
    expect((await get(second)).delivery?.code?.reveal()).toBe('222222');
  });

  it('never resolves an expired challenge', async () => {
    const id = await open();
    await endNow([id]);
    await insertCode('email', '333333');
    await dispatcher.rpc.emit(receivedCodeDeposited, { workspace_id: workspaceId, credential_id: credentialId });
    await until('it expired', async () => (await get(id)).status === 'expired');
    expect((await get(id)).delivery).toBeNull();
  });
});
