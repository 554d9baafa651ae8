import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { totpBetween } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';
const pair = { permissioned_user_id: 'mcp', domain: 'mcp.example' };
let workspace: Workspace;
const clients: Client[] = [];

beforeAll(async () => {
  rememberSecret('authenticator secret of an MCP agent', secret);
  workspace = await createWorkspace(system);
  const body = { ...pair, tfa_method: 'AUTHENTICATOR', tfa_secret: secret, password: 'mcp-password-1' };
  expect((await call(system, '/vault', { key: workspace.apiKey, body })).status).toBe(201);
  const human = { permissioned_user_id: 'mcp', domain: 'human.example' };
  expect((await call(system, '/vault', { key: workspace.apiKey, body: human })).status).toBe(201);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** As an agent's framework connects. */
async function connect(key: string): Promise<Client> {
  const client = new Client({ name: 'an agent', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${system.gatewayUrl}/mcp`), { requestInit }));
  clients.push(client);
  return client;
}

async function use<Answer>(client: Client, name: string, given: Record<string, unknown> = {}) {
  const result = await client.callTool({ name, arguments: given });
  const [content] = result.content as { type: string; text: string }[];
  return {
    text: content?.text ?? '',
    answer: (result.isError === true ? undefined : JSON.parse(content?.text ?? '')) as Answer,
  };
}

async function keyWith(...scopes: string[]): Promise<string> {
  const made = await call<{ key: string }>(system, '/v1/api-keys', {
    key: workspace.apiKey,
    body: { name: 'mcp', scopes },
  });
  return made.body.key;
}

describe('the MCP server', () => {
  it('offers its tools', async () => {
    const { tools } = await (await connect(workspace.apiKey)).listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'get_code',
      'list_credentials',
      'open_challenge',
      'submit_code',
      'wait_for_code',
    ]);
  });

  it('hands out the code of a login, at once or by waiting', async () => {
    const client = await connect(workspace.apiKey);
    const startedAt = Date.now();
    const read = await use<{ code: string }>(client, 'get_code', pair);
    const waited = await use<{ code: string; status: string }>(client, 'wait_for_code', pair);
    expect(waited.answer).toMatchObject({ status: 'resolved', factor: 'authenticator' });
    const right = totpBetween({ secret }, startedAt, Date.now());
    expect(right).toContain(read.answer.code);
    expect(right).toContain(waited.answer.code);
  });

  it('waits for a human, whose code another tool hands in', async () => {
    const client = await connect(workspace.apiKey);
    const target = { permissioned_user_id: 'mcp', domain: 'human.example' };
    const opened = await use<{ id: string; status: string; page_url: string }>(client, 'open_challenge', target);
    expect(opened.answer).toMatchObject({ status: 'pending', page_url: expect.stringContaining('/code/') });
    const waiting = use<{ code: string }>(client, 'wait_for_code', {
      challenge_id: opened.answer.id,
      wait_seconds: 30,
    });
    await use(client, 'submit_code', { challenge_id: opened.answer.id, code: '73829164' });
    rememberSecret('code of an MCP agent', '73829164');
    expect((await waiting).answer).toMatchObject({ status: 'resolved', factor: 'user', code: '73829164' });
  });

  it('says that it is still pending when nobody answers in time', async () => {
    const client = await connect(workspace.apiKey);
    const target = { permissioned_user_id: 'mcp', domain: 'human.example', wait_seconds: 0 };
    expect((await use(client, 'wait_for_code', target)).answer).toMatchObject({ status: 'pending' });
  });

  it('lists logins without a secret or password', async () => {
    const { text, answer } = await use<{ credentials: unknown[] }>(
      await connect(workspace.apiKey),
      'list_credentials',
      {
        domain: 'mcp.',
      },
    );
    expect(answer.credentials).toEqual([expect.objectContaining({ ...pair, tfa_method: 'AUTHENTICATOR' })]);
    expect(text).not.toMatch(/password|secret/);
  });

  it('respects the scopes of the key, tool by tool', async () => {
    const client = await connect(await keyWith('vault:read'));
    expect((await use(client, 'list_credentials')).answer).toBeDefined();
    for (const name of ['get_code', 'wait_for_code', 'open_challenge']) {
      expect((await use(client, name, pair)).text).toMatch(/^forbidden: the API key lacks the scope/);
    }
  });

  it('sees nothing of other workspaces', async () => {
    const other = await createWorkspace(system);
    const client = await connect(other.apiKey);
    expect((await use<{ credentials: unknown[] }>(client, 'list_credentials')).answer.credentials).toEqual([]);
    expect((await use(client, 'get_code', pair)).text).toMatch(/^not_found/);
  });

  it('says what is wrong with an input, by its name', async () => {
    const client = await connect(workspace.apiKey);
    expect((await use(client, 'get_code', { domain: 'mcp.example' })).text).toMatch(/permissioned_user_id/);
    expect((await use(client, 'wait_for_code', { ...pair, expires_in_seconds: 5 })).text).toMatch(/expires_in_seconds/);
  });

  it('refuses who has no key, and what is not a POST', async () => {
    await expect(connect('otp_live_nobody')).rejects.toThrow(/401/);
    const headers = { authorization: `Bearer ${workspace.apiKey}` };
    expect((await fetch(`${system.gatewayUrl}/mcp`, { headers })).status).toBe(405);
    expect((await fetch(`${system.gatewayUrl}/mcp`, { method: 'DELETE', headers })).status).toBe(405);
  });
});
