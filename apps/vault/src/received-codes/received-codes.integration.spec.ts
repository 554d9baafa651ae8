import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@otpost/envelope';
import { v7 as uuidv7 } from 'uuid';
import { openVault, type Json, type OpenVault, type WorkspaceClient } from '../credentials/testing/open-vault.js';
import { caller, PostOffice } from './testing/post-office.js';

describe('a received code', () => {
  let vault: OpenVault;
  let post: PostOffice;
  let client: WorkspaceClient;
  let entry: Json;

  beforeAll(async () => {
    vault = await openVault();
    post = new PostOffice(vault);
  });
  afterAll(async () => {
    await post.close();
    await vault.close();
  });
  beforeEach(async () => {
    client = await vault.makeWorkspace();
    entry = await client.create({ tfa_method: 'EMAIL' });
  });

  const deposit = () => post.deposit(client, entry['id'] as string);
  const theCode = async () => (await post.codesOf(client))[0];
  /** As if so many seconds had passed since every code's latest change. */
  const later = (seconds: number) => vault.owner.prisma.$executeRaw`
    UPDATE received_code SET wipe_due_at = wipe_due_at - make_interval(secs => ${seconds}),
      fresh_until = fresh_until - make_interval(secs => ${seconds}),
      first_read_at = first_read_at - make_interval(secs => ${seconds}) WHERE workspace_id = ${client.id}::uuid`;

  const wipe = (challengeId: string) =>
    post.codes.wipe({ ...caller, workspace_id: client.id, challenge_id: challengeId, reason: 'acknowledged' });
  const answer = (challengeId: string, text: string, secondsLeft = 300) =>
    post.codes.answer({
      ...caller,
      workspace_id: client.id,
      challenge_id: challengeId,
      credential_id: entry['id'] as string,
      kind: 'code',
      answer: new Secret(text),
      expires_at: new Date(Date.now() + secondsLeft * 1_000).toISOString(),
    });

  it('that 200 challenges wait for at once is opened by one of them', async () => {
    const challenges: string[] = [];
    for (let count = 0; count < 200; count += 1) challenges.push(await post.openChallenge(client, entry));
    await deposit();
    const claims = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const claimed = await post.claim(client, entry);
        return claimed.map(({ challengeId }) => challengeId);
      }),
    );
    expect(claims.flat()).toEqual([challenges[0]]);
    const opened = await Promise.all(challenges.map((id) => post.open(client, id)));
    expect(opened.filter((value) => value !== null)).toEqual(['123456']);
    // And nobody else gets what is claimed.
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'no_fresh_code' });
  }, 60_000);

  it('is delivered again for 60 s from the first time, then wiped', async () => {
    const challengeId = await post.openChallenge(client, entry, 3_000);
    await deposit();
    await post.claim(client, entry);
    expect(await post.open(client, challengeId)).toBe('123456');
    const first = await theCode();
    expect(first?.wipeDueAt.getTime()).toBeCloseTo(Date.now() + 60_000, -4);
    expect(await post.open(client, challengeId)).toBe('123456');
    expect(await theCode()).toMatchObject({ wipeDueAt: first?.wipeDueAt, deliveredAt: first?.deliveredAt });
    expect(await post.audited(client, 'received_code.delivered')).toHaveLength(2);

    await later(61);
    // Due is as good as wiped, also before the sweeper comes.
    expect(await post.open(client, challengeId)).toBeNull();
    await post.wiper.sweep();
    expect(await theCode()).toMatchObject({ value: null, dataKeyId: null });
  });

  it('that was delivered late gets its whole 60 s', async () => {
    const challengeId = await post.openChallenge(client, entry, 61);
    await deposit();
    await post.claim(client, entry);
    await later(55);
    expect(await post.open(client, challengeId)).toBe('123456');
    expect((await theCode())?.wipeDueAt.getTime()).toBeGreaterThan(Date.now() + 55_000);
  });

  it('that is acknowledged is gone from the row at once', async () => {
    const challengeId = await post.openChallenge(client, entry);
    await deposit();
    await post.claim(client, entry);
    await post.open(client, challengeId);
    expect(await wipe(challengeId)).toEqual({ wiped: true });
    expect(await theCode()).toMatchObject({ value: null, dataKeyId: null });
    expect((await theCode())?.wipedAt).not.toBeNull();
    expect(await wipe(challengeId)).toEqual({ wiped: false });
    expect(await post.open(client, challengeId)).toBeNull();
    expect(await post.audited(client, 'received_code.wiped')).toHaveLength(1);
  });

  it('nobody takes is wiped at the end of its window', async () => {
    await deposit();
    await later(500);
    await post.wiper.sweep();
    expect((await theCode())?.value).not.toBeNull();
    await later(101);
    await post.wiper.sweep();
    expect(await theCode()).toMatchObject({ value: null, dataKeyId: null });
  });

  it('that was read is repeated to the same key for a minute, then gone from the row', async () => {
    await deposit();
    expect(await client.readTfaCode()).toMatchObject({ code: '123456' });
    await later(50);
    await post.wiper.sweep();
    expect(await client.readTfaCode()).toMatchObject({ code: '123456' });
    await expect(client.as('key2').readTfaCode()).rejects.toMatchObject({ code: 'no_fresh_code' });
    await later(11);
    await post.wiper.sweep();
    expect((await theCode())?.value).toBeNull();
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'no_fresh_code' });
  });

  it('of another workspace opens for nobody here', async () => {
    const challengeId = await post.openChallenge(client, entry);
    await deposit();
    await post.claim(client, entry);
    const stranger = await vault.makeWorkspace();
    expect(await post.open(stranger, challengeId)).toBeNull();
  });

  describe('that a human answered', () => {
    it("is its challenge's alone, and wiped as the others are", async () => {
      const challengeId = await post.openChallenge(client, entry);
      const { received_code_id, stored } = await answer(challengeId, '777777');
      expect(stored).toBe(true);
      await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'no_fresh_code' });
      expect(await post.open(client, challengeId)).toBe('777777');
      expect(await theCode()).toMatchObject({ id: received_code_id, channel: 'user', kind: 'code' });
      await wipe(challengeId);
      expect((await theCode())?.value).toBeNull();
    });

    it('stays the first one, of many at once', async () => {
      const challengeId = await post.openChallenge(client, entry);
      const answers = await Promise.all(['1', '2', '3', '4', '5'].map((text) => answer(challengeId, text)));
      expect(answers.filter(({ stored }) => stored)).toHaveLength(1);
      expect(new Set(answers.map(({ received_code_id }) => received_code_id)).size).toBe(1);
      expect(await post.audited(client, 'received_code.answered')).toHaveLength(1);
    });

    it('does not replace a code that was claimed before', async () => {
      const challengeId = await post.openChallenge(client, entry);
      await deposit();
      await post.claim(client, entry);
      expect(await answer(challengeId, '777777')).toMatchObject({ stored: false });
      expect(await post.open(client, challengeId)).toBe('123456');
    });

    it('is kept for 60 s at least, also when its challenge ends sooner', async () => {
      await answer(uuidv7(), '777777', 5);
      expect((await theCode())?.wipeDueAt.getTime()).toBeGreaterThan(Date.now() + 55_000);
    });
  });
});
