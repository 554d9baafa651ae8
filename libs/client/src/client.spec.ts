import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from './index.js';
import { ApiStandIn } from './testing/api-stand-in.js';

let api: ApiStandIn;
beforeEach(async () => {
  api = await new ApiStandIn().start();
});
afterEach(() => api.stop());

const apiKey = 'otp_live_abc_secret';
const client = () => createClient({ url: `${api.url}/`, apiKey });

describe('createClient', () => {
  it('calls a route of the OpenAPI document with the key, and gives the body of its answer', async () => {
    api.answer = () => ({ status: 200, body: { items: [], next_cursor: null } });
    const page = await client().get('/v1/inboxes', { params: { query: { limit: 3 } } });
    expect(page.items).toEqual([]);
    expect(api.seen).toMatchObject([
      { method: 'GET', path: '/v1/inboxes', headers: { authorization: `Bearer ${apiKey}` } },
    ]);
    expect(api.seen[0]?.query.get('limit')).toBe('3');
  });

  it('throws what the API says is wrong, with the request id and the fields', async () => {
    const errors = [{ path: 'domain', message: 'names no host' }];
    const body = { detail: 'the request is not valid', code: 'validation_failed', request_id: 'r-1', errors };
    api.answer = () => ({ status: 422, body });
    const asking = client().post('/v1/inboxes', { body: { credential_id: 'x' } });
    await expect(asking).rejects.toMatchObject({
      name: 'OtpostError',
      ...{ message: 'the request is not valid', status: 422, code: 'validation_failed', requestId: 'r-1' },
      ...{ fields: errors, isTemporary: false },
    });
  });

  it('says where nobody answers, and why, without the key', async () => {
    const { url } = api;
    await api.stop();
    const error = await createClient({ url, apiKey })
      .get('/vault')
      .then(
        () => undefined,
        (thrown: Error) => thrown,
      );
    expect(error).toMatchObject({ code: 'unreachable', status: 0, isTemporary: true });
    expect(error?.message).toBe(`no answer from ${url} (ECONNREFUSED)`);
    await new ApiStandIn().start().then((other) => (api = other));
  });

  it('says so when what answers is something else', async () => {
    api.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
      return 'answered';
    };
    await expect(client().get('/vault')).rejects.toMatchObject({ code: 'unexpected_answer' });
    api.answer = (_, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not here</h1>');
      return 'answered';
    };
    await expect(client().get('/vault')).rejects.toMatchObject({ code: 'unexpected_answer', status: 404 });
  });

  it.each(['', 'otp_live_abc\nsecret', 'otp_live_abc secret'])('refuses the key %j without quoting it', (key) => {
    const making = () => createClient({ url: api.url, apiKey: key });
    expect(making).toThrow(expect.objectContaining({ code: 'malformed_key' }));
    expect(making).not.toThrow(/otp_live/);
  });

  it('throws the reason of its signal', async () => {
    const stopping = new AbortController();
    api.answer = () => {
      stopping.abort(new Error('enough'));
      return 'answered';
    };
    await expect(client().get('/vault', { signal: stopping.signal })).rejects.toThrow('enough');
  });
});
