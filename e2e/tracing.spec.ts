import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from './api.js';
import { createWorkspace, startSystem, type OwnSystem } from './system.js';

/** As OTLP/HTTP's JSON encoding names things. */
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  service: string;
}

interface Export {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: Omit<Span, 'service'>[] }[];
  }[];
}

/** A span's kind: it handles a job. */
const consumer = 5;
const spans: Span[] = [];
let bodies = '';
let collector: Server;
let system: OwnSystem;

beforeAll(async () => {
  collector = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      bodies += body;
      for (const { resource, scopeSpans } of (JSON.parse(body) as Export).resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
        for (const span of scopeSpans.flatMap((scope) => scope.spans)) spans.push({ ...span, service });
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  system = await startSystem({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
}, 120_000);

afterAll(async () => {
  await system.end();
  collector.closeAllConnections();
  collector.close();
});

async function traceOf(name: string, isWhole: (trace: Span[]) => boolean): Promise<Span[]> {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const root = spans.find((span) => span.name === name);
    const trace = spans.filter(({ traceId }) => traceId === root?.traceId);
    if (isWhole(trace)) return trace;
  }
  throw new Error(`no whole trace of ${name} among: ${spans.map((span) => `${span.service} ${span.name}`).join(', ')}`);
}

describe('traces', () => {
  it('follow a request over the RPC hop into the vault, under the parent that the client names', async () => {
    const workspace = await createWorkspace(system);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const body = { type: 'totp', label: 'traced' };
    const made = await call<{ id: string; secret: string }>(system, '/v1/otp-secrets', {
      key: workspace.apiKey,
      body,
      headers,
    });
    expect(made.status).toBe(201);
    const trace = await traceOf('POST /v1/otp-secrets', (spans) =>
      spans.some(({ service }) => service === 'otpost-vault'),
    );
    const http = trace.find(({ name }) => name === 'POST /v1/otp-secrets');
    const client = trace.find(({ parentSpanId }) => parentSpanId === http?.spanId);
    const server = trace.find(({ parentSpanId }) => parentSpanId === client?.spanId);
    expect(http).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', service: 'otpost-gateway' });
    expect(client).toMatchObject({ service: 'otpost-gateway' });
    expect(server).toMatchObject({ service: 'otpost-vault', name: client?.name });
    for (const secret of [made.body.secret, workspace.apiKey, made.body.id]) expect(bodies).not.toContain(secret);
  });

  it('follow a change into the job that it causes', async () => {
    const workspace = await createWorkspace(system);
    const pair = { permissioned_user_id: 'traced', domain: 'traced.example' };
    await call(system, '/vault', { key: workspace.apiKey, body: pair });
    const opened = await call<{ id: string }>(system, '/v1/challenges', { key: workspace.apiKey, body: pair });
    expect(opened.status).toBe(201);
    const trace = await traceOf('POST /v1/challenges', (spans) => spans.some(({ kind }) => kind === consumer));
    const job = trace.find(({ kind }) => kind === consumer);
    expect(trace.find(({ spanId }) => spanId === job?.parentSpanId)).toMatchObject({ service: 'otpost-dispatcher' });
  });
});
