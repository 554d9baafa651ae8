import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventStreamGrew, getEvent, listEvents, readEventStream } from '@otpost/contracts';
import { Broadcast } from '@otpost/messaging';
import { until } from '@otpost/messaging/testing';
import { v7 as uuidv7 } from 'uuid';
import { resolvedEvent, TestDispatcher, waitingEvent } from '../testing/test-dispatcher.js';
import { noPageLinks } from './page-links.js';

describe('events', () => {
  let dispatcher: TestDispatcher;
  let workspaceId: string;

  beforeAll(async () => {
    dispatcher = await TestDispatcher.start();
  }, 60_000);
  afterAll(() => dispatcher.close(), 60_000);
  beforeEach(async () => {
    workspaceId = await dispatcher.makeWorkspace();
  });

  const read = (after: number | null, client_id: string | null = null, limit = 100) =>
    dispatcher.rpc.call(readEventStream, { workspace_id: workspaceId, after, client_id, limit });
  const grown = (to: number) => until('the stream has grown', async () => (await read(null)).position === to);

  it('are listed newest first, by type and session, without what is not stored', async () => {
    const challengeId = uuidv7();
    const [first] = await dispatcher.emit(workspaceId, [resolvedEvent('s1')]);
    const [second] = await dispatcher.emit(workspaceId, [waitingEvent(challengeId, 's2')], {
      clientId: 'c1',
      metadata: { a: 1 },
    });
    const list = async (type: string | null, session_id: string | null, cursor: string | null = null, limit = 50) => {
      const page = { cursor, limit };
      return dispatcher.ask(listEvents, workspaceId, { type, session_id, page });
    };
    expect((await list(null, null)).items.map(({ id }) => id)).toEqual([second, first]);
    expect((await list('challenge.resolved', null)).items.map(({ id }) => id)).toEqual([first]);
    expect((await list(null, 's2')).items).toEqual([await dispatcher.ask(getEvent, workspaceId, { id: second ?? '' })]);
    const page = await list(null, null, null, 1);
    expect(page.next_cursor).toBe(second);
    expect((await list(null, null, page.next_cursor, 1)).items.map(({ id }) => id)).toEqual([first]);
    expect((await list(null, 's2')).items[0]).toMatchObject({
      event: 'interaction.waiting',
      client_id: 'c1',
      challenge_id: challengeId,
      metadata: { a: 1 },
      payload: { challenge_id: challengeId, page_url: noPageLinks.pageUrl(challengeId) },
    });
    const row = await dispatcher.owner.prisma.event.findUniqueOrThrow({ where: { id: second ?? '' } });
    expect(row.payload).not.toHaveProperty('page_url');
  });

  it('have their place in the stream of their workspace, without gaps, whoever wrote them at the same time', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        dispatcher.emit(workspaceId, n % 2 === 0 ? [resolvedEvent()] : [resolvedEvent(), resolvedEvent()]),
      ),
    );
    await grown(60);
    const { items, position, is_complete } = await read(0);
    expect(items.map((item) => item.position)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect({ position, is_complete }).toEqual({ position: 60, is_complete: true });
    const elsewhere = await dispatcher.makeWorkspace();
    expect(
      await dispatcher.rpc.call(readEventStream, { workspace_id: elsewhere, after: 0, client_id: null, limit: 10 }),
    ).toEqual({
      items: [],
      position: 0,
      is_complete: true,
    });
  });

  it('are seen in the order of the stream while it grows: who has read to a place has missed nothing before it', async () => {
    const total = 300;
    const seen: string[] = [];
    let position = 0;
    const writing = Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let n = 0; n < total / 10; n += 1) await dispatcher.emit(workspaceId, [resolvedEvent()]);
      }),
    );
    await until(
      'all were read',
      async () => {
        const page = await read(position, null, 7);
        seen.push(...page.items.map(({ id }) => id));
        position = page.position;
        return seen.length >= total;
      },
      30_000,
    );
    await writing;
    expect(new Set(seen).size).toBe(total);
    const { items } = await read(0, null, 500);
    expect(seen).toEqual(items.map(({ id }) => id));
  });

  it('are for the client that they name, and for all when they name none', async () => {
    await dispatcher.emit(workspaceId, [resolvedEvent('mine')], { clientId: 'me' });
    await grown(1);
    await dispatcher.emit(workspaceId, [resolvedEvent('theirs')], { clientId: 'them' });
    await grown(2);
    await dispatcher.emit(workspaceId, [resolvedEvent('ours')]);
    await grown(3);
    expect((await read(0, 'me')).items.map(({ session_id }) => session_id)).toEqual(['mine', 'ours']);
    expect((await read(0)).items).toHaveLength(3);
    expect(await read(0, 'me', 1)).toMatchObject({ position: 1, is_complete: false });
    expect(await read(1, 'me', 1)).toMatchObject({ position: 3, is_complete: true });
    expect(await read(99, 'me')).toEqual({ items: [], position: 3, is_complete: true });
  });

  it('are announced once they have their place', async () => {
    const broadcast = new Broadcast(dispatcher.messaging);
    const announced: number[] = [];
    const subscription = broadcast.subscribe(
      eventStreamGrew,
      (message) => void (message.workspace_id === workspaceId && announced.push(message.position)),
      () => undefined,
    );
    await until('it listens', () => subscription.isLive);
    await dispatcher.emit(workspaceId, [resolvedEvent(), resolvedEvent()]);
    await until('it is announced', () => announced.at(-1) === 2);
    broadcast.close();
  });

  it('are fanned out by the sweeper when nobody asked for it', async () => {
    const { type, payload } = resolvedEvent();
    await dispatcher.owner.prisma.event.create({ data: { id: uuidv7(), workspaceId, type, payload } });
    await grown(1);
  });
});
