import { z } from 'zod';
import { errorCodes } from '@otpost/contracts';
import type { Endpoint } from '../http/endpoint.js';

type Json = Record<string, unknown>;

const problem: Json = {
  type: 'object',
  description: 'RFC 9457 problem details. On /api/v2 and /v3 `status` is the string "ERROR".',
  required: ['type', 'title', 'status', 'detail', 'message', 'error', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { oneOf: [{ type: 'integer' }, { const: 'ERROR' }] },
    detail: { type: 'string' },
    message: { type: 'string' },
    error: { type: 'string' },
    code: { type: 'string', enum: errorCodes },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** The OpenAPI 3.1 document of all endpoints, made from the very schemas that validate and encode. */
export function openApiDocument(endpoints: readonly Endpoint[]): Json {
  const paths: Record<string, Json> = {};
  const sorted = [...endpoints].sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
  for (const endpoint of sorted) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'otpost',
      version: '1',
      description: 'One-time codes for software agents. Existing clients of CloudCruise and Sendblue work unchanged.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: { Problem: problem },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, an access token, or the root key.' },
        ccKey: { type: 'apiKey', in: 'header', name: 'cc-key' },
        sendblueKeyId: { type: 'apiKey', in: 'header', name: 'sb-api-key-id' },
        sendblueSecret: { type: 'apiKey', in: 'header', name: 'sb-api-secret-key' },
      },
    },
    tags: [...new Set(sorted.map(({ tag }) => tag))].map((name) => ({ name })),
  };
}

/** The table of routes and scopes, as Markdown. */
export function scopesTable(endpoints: readonly Endpoint[]): string {
  const rows = endpoints.map(({ method, path, access }) => `| \`${method} ${path}\` | ${accessText(access)} |`).sort();
  return ['| route | needs |', '| --- | --- |', ...rows, ''].join('\n');
}

function operation(endpoint: Endpoint): Json {
  const idempotencyKey = endpoint.idempotent
    ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } }]
    : [];
  const body = schemaOf(endpoint.body, 'input');
  const hasBody = endpoint.method !== 'GET' && !isEmptyObject(body);
  return {
    operationId: operationId(endpoint),
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: `Needs: ${accessText(endpoint.access)}.`,
    security: securityOf(endpoint),
    parameters: [...parameters(endpoint.params, 'path'), ...parameters(endpoint.query, 'query'), ...idempotencyKey],
    ...(hasBody
      ? {
          requestBody: {
            required: !endpoint.body.safeParse(undefined).success,
            content: { 'application/json': { schema: body }, ...formOf(endpoint) },
          },
        }
      : {}),
    responses: {
      [endpoint.status]: {
        description: 'Done',
        content: { [endpoint.contentType]: { schema: schemaOf(endpoint.response, 'input') } },
      },
      default: {
        description: 'A problem',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** The same field for each of several files. */
function formOf({ files }: Endpoint): Json {
  if (files === undefined) return {};
  const { name, contentTypes, most, description } = files;
  const file = { type: 'string', format: 'binary' };
  const schema = {
    type: 'object',
    required: [name],
    additionalProperties: false,
    properties: { [name]: { type: 'array', items: file, minItems: 1, maxItems: most, description } },
  };
  return { 'multipart/form-data': { schema, encoding: { [name]: { contentType: contentTypes.join(', ') } } } };
}

/** What crosses the wire is the input side of every codec: strings, where the code holds Secrets. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const {
    $schema: _,
    $defs: definitions = {},
    ...json
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  // Its references count from the top of the document. The one definition that a schema of ours brings along is that of any JSON
  // value, which the empty schema says too.
  const others = Object.values(definitions as object).filter((definition) => !isJsonValue(definition as Json));
  if (others.length > 0) throw new TypeError('a recursive schema besides z.json(): give it a place in components');
  return withoutReferences(json) as Json;
}

function isJsonValue({ anyOf }: Json): boolean {
  return Array.isArray(anyOf) && JSON.stringify(anyOf.map(({ type }: Json) => type)) === jsonTypes;
}

const jsonTypes = JSON.stringify(['string', 'number', 'boolean', 'null', 'array', 'object']);

function withoutReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value) return {};
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutReferences(inner)]));
}

function parameters(schema: z.ZodType, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function isEmptyObject({ properties, anyOf, oneOf }: Json): boolean {
  return anyOf === undefined && oneOf === undefined && Object.keys((properties as Json | undefined) ?? {}).length === 0;
}

function securityOf({ access }: Endpoint): Json[] {
  if (access === 'public') return [];
  if (access === 'root') return [{ bearer: [] }];
  return [{ bearer: [] }, { ccKey: [] }, { sendblueKeyId: [], sendblueSecret: [] }];
}

function accessText(access: Endpoint['access']): string {
  if (access === 'public') return 'nothing';
  if (access === 'root') return 'the root key';
  if (access === 'any-key') return 'any API key';
  return typeof access === 'string'
    ? `scope \`${access}\``
    : `scopes ${access.map((scope) => `\`${scope}\``).join(', ')}`;
}

function operationId({ method, path }: Endpoint): string {
  const words = path.split(/[/:_-]+/).filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
