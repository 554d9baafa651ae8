import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, type Challenge } from './index.js';
import { ApiStandIn, type Answerer } from './testing/api-stand-in.js';

let api: ApiStandIn;
beforeEach(async () => {
  api = await new ApiStandIn().start();
});
afterEach(() => api.stop());

const login = { permissioned_user_id: 'alice', domain: 'github.com' };
const client = () => createClient({ url: api.url, apiKey: 'key' });
const pending: Challenge = {
  ...{ id: 'c-1', session_id: 's', status: 'pending', factor: null },
  credential_id: null,
  otp_secret_id: null,
  ...{ created_at: '2026-01-01T00:00:00Z', expires_at: '2026-01-01T00:05:00Z' },
};
const resolved: Challenge = { ...pending, status: 'resolved', factor: 'email', code: '123456' };
const asked = () => api.seen.map(({ method, path }) => `${method} ${path}`);

/** Answers requests of each method in turn; the last one again and again. */
function script(answers: Record<string, ReturnType<Answerer>[]>): Answerer {
  return ({ method }) => {
    const [next, ...rest] = answers[method] ?? [];
    if (rest.length > 0) answers[method] = rest;
    return next ?? { status: 405, body: {} };
  };
}
const created = (body: Challenge) => ({ status: 201, body });
const ok = (body: Challenge) => ({ status: 200, body });
const away = { status: 503, body: { code: 'unavailable', detail: 'away' }, headers: { 'retry-after': '0' } };

describe('waitForCode', () => {
  it('is one request where the code is there at once', async () => {
    const code = { ...resolved, factor: 'authenticator' as const, expires_in_seconds: 12 };
    api.answer = script({ POST: [created(code)] });
    const received = await client().waitForCode({ ...login, message: 'Please' }, { timeoutSeconds: 60 });
    expect(received).toMatchObject({ code: '123456', link: null, factor: 'authenticator', expiresInSeconds: 12 });
    expect(api.seen).toHaveLength(1);
    expect(api.seen[0]?.body).toEqual({ ...login, message: 'Please', expires_in_seconds: 60 });
  });

  it('polls on over cut connections and a service that is away, and tells once that it waits', async () => {
    api.answer = script({ POST: [created(pending)], GET: ['hang up', away, ok(pending), ok(resolved)] });
    const told: string[] = [];
    const received = await client().waitForCode(login, { onPending: ({ id }) => told.push(id) });
    expect(received.code).toBe('123456');
    expect(told).toEqual(['c-1']);
    expect(asked()).toEqual(['POST /v1/challenges', ...Array<string>(4).fill('GET /v1/challenges/c-1')]);
    expect(Number(api.seen.at(-1)?.query.get('wait'))).toBeGreaterThan(40);
  });

  it('opens one challenge even if the answer was lost: every attempt has the same Idempotency-Key', async () => {
    api.answer = script({ POST: ['hang up', created(resolved)] });
    await client().waitForCode(login);
    const keys = api.seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([expect.any(String), keys[0]]);
  });

  it('does not insist where otpost is not there', async () => {
    api.answer = script({ POST: ['hang up'] });
    await expect(client().waitForCode(login)).rejects.toMatchObject({ code: 'unreachable' });
    expect(api.seen).toHaveLength(3);
  });

  it('acknowledges when told that the code was used', async () => {
    api.answer = script({ POST: [created(resolved), ok(resolved)] });
    await (await client().waitForCode(login)).ack();
    expect(asked()).toEqual(['POST /v1/challenges', 'POST /v1/challenges/c-1/ack']);
  });

  it('gives a link where a link came', async () => {
    const link = {
      ...pending,
      status: 'resolved' as const,
      factor: 'magic_link' as const,
      link: 'https://x.example/in',
    };
    api.answer = script({ POST: [created(link)] });
    expect(await client().waitForCode(login)).toMatchObject({ code: null, link: 'https://x.example/in' });
  });

  it('gives a whole answer where the challenge has a schema', async () => {
    const answer = { pin: '1234', colour: 'red' };
    api.answer = script({ POST: [created({ ...pending, status: 'resolved', factor: 'user', answer })] });
    expect(await client().waitForCode({ ...login, schema: {} })).toMatchObject({ code: null, link: null, answer });
  });

  it('cancels the challenge when whoever is told that it waits fails', async () => {
    api.answer = script({ POST: [created(pending)], DELETE: [ok(pending)] });
    const onPending = () => {
      throw new Error('no display');
    };
    await expect(client().waitForCode(login, { onPending })).rejects.toThrow('no display');
    expect(asked().at(-1)).toBe('DELETE /v1/challenges/c-1');
  });

  it('cancels the challenge and says so when the time is over', async () => {
    api.answer = script({ POST: [created(pending)], GET: [ok(pending)], DELETE: [ok(pending)] });
    await expect(client().waitForCode(login, { timeoutSeconds: 0.2 })).rejects.toMatchObject({ code: 'timed_out' });
    expect(api.seen[0]?.body).toMatchObject({ expires_in_seconds: 10 });
    expect(asked().at(-1)).toBe('DELETE /v1/challenges/c-1');
  });

  it('cancels the challenge when its signal is aborted, and throws the reason', async () => {
    const stopping = new AbortController();
    api.answer = ({ method }) => {
      if (method === 'GET') stopping.abort(new Error('the agent gave up'));
      return method === 'GET' ? 'answered' : created(pending);
    };
    await expect(client().waitForCode(login, { signal: stopping.signal })).rejects.toThrow('the agent gave up');
    expect(asked().at(-1)).toBe('DELETE /v1/challenges/c-1');
  });

  it.each([
    ['expired', 'timed_out'],
    ['cancelled', 'challenge_cancelled'],
    ['failed', 'challenge_failed'],
  ] as const)('says that the challenge was %s', async (status, code) => {
    api.answer = script({ POST: [created(pending)], GET: [ok({ ...pending, status })], DELETE: [ok(pending)] });
    await expect(client().waitForCode(login)).rejects.toMatchObject({ code });
  });

  it('does not ask again for what is refused', async () => {
    api.answer = () => ({ status: 403, body: { code: 'forbidden', detail: 'no', request_id: 'r' } });
    await expect(client().waitForCode(login)).rejects.toMatchObject({ status: 403, requestId: 'r' });
    expect(api.seen).toHaveLength(1);
  });
});
