import { once } from 'node:events';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  isInitializeRequest,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
} from '@modelcontextprotocol/sdk/types.js';
import type { Command } from 'commander';
import { OtpostError } from '@otpost/client';
import type { Context } from './context.js';
import { describeError } from './errors.js';

/** `otpost mcp`: the gateway's MCP server for programs that speak it over standard input and output. */
export function addMcpCommand(program: Command, context: (command: Command) => Context): void {
  program
    .command('mcp')
    .description('serve the Model Context Protocol over standard input and output')
    .action(async (_options: unknown, command: Command) => {
      const { access, signal } = context(command);
      const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await pipe(new StdioServerTransport(), remoteOf(access()), { ended: once(process.stdin, 'end'), stopped });
    });
}

/** JSON-RPC's own range for errors of a server. */
const transportFailed = -32_000;

/**
 * Passes messages on, both ways, and understands none but the handshake: which tools there are is the gateway's to say. What cannot be passed on
 * is answered with an error.
 * @param until `ended`: the local side has nothing more to say, and what it has asked is still answered; `stopped`: all ends now
 */
async function pipe(
  local: StdioServerTransport,
  remote: StreamableHTTPClientTransport,
  until: { ended: Promise<unknown>; stopped: Promise<unknown> },
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let initializeId: string | number | undefined;
  local.onmessage = (message) => {
    if (isInitializeRequest(message) && 'id' in message) initializeId = message.id;
    const passing = remote.send(message).catch((error: unknown) => refuse(local, message, error));
    underWay.add(passing);
    void passing.finally(() => underWay.delete(passing));
  };
  remote.onmessage = (message) => {
    // Every request after the handshake has to name the version that was agreed on.
    if (isJSONRPCResultResponse(message) && message.id === initializeId) {
      const { protocolVersion } = message.result;
      if (typeof protocolVersion === 'string') remote.setProtocolVersion(protocolVersion);
    }
    void local.send(message);
  };
  await remote.start();
  await local.start();
  await Promise.race([until.ended, until.stopped]);
  await Promise.race([Promise.all(underWay), until.stopped]);
  await remote.close();
  await local.close();
}

async function refuse(local: StdioServerTransport, message: JSONRPCMessage, error: unknown): Promise<void> {
  if (!isJSONRPCRequest(message)) return;
  const problem = { code: transportFailed, message: describeError(error, false) };
  await local.send({ jsonrpc: '2.0', id: message.id, error: problem });
}

function remoteOf({ url, apiKey }: { url: string; apiKey: string }): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(`${url.replace(/\/+$/, '')}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${apiKey}` } },
    fetch: async (to, init) => {
      const answer = await fetch(to, init).catch((error: unknown) => {
        throw OtpostError.ofFailure(url, error);
      });
      if (answer.ok || init?.method !== 'POST') return answer;
      throw OtpostError.ofAnswer(answer, await answer.json().catch(() => null));
    },
  });
}
