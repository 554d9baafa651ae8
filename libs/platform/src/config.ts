import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Secret } from '@otpost/envelope';
import type { ServiceName } from '@otpost/contracts';
import { forwardingFields } from './config-forwarding.js';
import { inboundFields } from './config-inbound.js';
import { keyProviderFields } from './config-key-providers.js';
import { twilioFields } from './config-twilio.js';
import { webhookFields } from './config-webhooks.js';
import { parseRedisUrl } from './redis-url.js';
import { port, secretText, type VariableMeta } from './config-fields.js';

const secretBytes = (hex: string) => new Secret<Uint8Array>(Buffer.from(hex, 'hex'));
const hexKey = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits (32 bytes)');
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgresql://');

const everyService = z.object({
  OTPOST_SERVICE_PORT: port.meta({
    description:
      'HTTP port of this service. Gateway: the API. Ingestor: the inbound hooks. Others: health and metrics.',
    example: '3000',
  }),
  OTPOST_BIND: z.string().default('127.0.0.1').meta({ description: 'Address to listen on.' }),
  OTPOST_REPLICA: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .optional()
    .meta({ description: 'Name of this replica in logs and metrics. Default: one made at start.' }),
  OTPOST_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'Least level that is logged.' }),
  OTPOST_SHUTDOWN_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(600)
    .default(25)
    .meta({ description: 'Seconds that work in flight has to end after SIGTERM.' }),
  DATABASE_URL: secretText(postgresUrl).meta({
    description: "PostgreSQL, with this service's own role.",
    example: 'postgresql://otpost_gateway:password@127.0.0.1:5432/otpost',
    secret: true,
  }),
  OTPOST_DATABASE_POOL: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(10)
    .meta({ description: 'Connections to PostgreSQL that one replica may hold.' }),
  REDIS_URL: secretText(z.string().superRefine(isRedisUrl)).meta({
    description:
      'Redis 7 or newer, or Valkey. With Sentinel: redis+sentinel://host:port,host:port/<master>; a cluster: redis+cluster://host:port,host:port; TLS: rediss. See docs/redis.md.',
    example: 'redis://:password@127.0.0.1:6379',
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description:
        "Where traces are sent (OTLP over HTTP). Default: nowhere. OpenTelemetry's other OTEL_ variables work as usual.",
      example: 'http://127.0.0.1:4318',
    }),
  OTPOST_REDIS_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,32}$/)
    .default('otpost')
    .meta({ description: 'Start of every Redis key, so that deployments can share a server.' }),
});

const transport = z.object({
  OTPOST_TRANSPORT_KEY: secretText(
    z.string().regex(/^[0-9a-f]{64}(,[0-9a-f]{64})*$/, 'must be 64 hex digits, or several such separated by commas'),
  ).meta({
    description:
      'Seals what crosses Redis. To rotate: the new key first, a comma, the old one; later the new one alone.',
    example: '<64 hex digits>',
    secret: true,
  }),
});

const owner = z.object({
  DATABASE_OWNER_URL: secretText(postgresUrl).meta({
    description:
      'PostgreSQL with the role that owns the schema. For migrations, and for what the vault does over all workspaces.',
    example: 'postgresql://otpost:password@127.0.0.1:5432/otpost',
    secret: true,
  }),
});

const hookKey = z.object({
  OTPOST_HOOK_KEY: hexKey.transform(secretBytes).meta({
    description: "Seals the providers' tokens (Twilio) that the vault keeps for the ingestor.",
    example: '<64 hex digits>',
    secret: true,
  }),
});

const inboxes = z.object({
  OTPOST_INBOX_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(
      /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
      'must be a host name, as in inbox.example.com',
    )
    .default('inbox.localhost')
    .meta({ description: 'Domain of the inboxes. Its MX leads to the ingestor or to a provider that posts to it.' }),
});

const publicUrl = z.object({
  OTPOST_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: "The gateway's URL as clients see it. Default: its own address, and no links in webhooks." }),
});

const schemas = {
  gateway: everyService
    .extend(transport.shape)
    .extend(publicUrl.shape)
    .extend(twilioFields)
    .extend({
      OTPOST_ROOT_KEY: secretText(
        z.string().regex(/^otp_root_[A-Za-z0-9_-]{43}$/, 'must be otp_root_ and 43 base64url characters'),
      ).meta({
        description: 'For /v1/workspaces, key rotation and number approval alone.',
        example: 'otp_root_<43 base64url characters>',
        secret: true,
      }),
      OTPOST_RATE_LIMIT: z.coerce.number().int().min(1).default(5_000).meta({
        description: 'Requests per second of one API key, where the key has no limit of its own.',
      }),
      OTPOST_CREDENTIAL_RATE_LIMIT: z.coerce.number().int().min(1).optional().meta({
        description: 'Codes per second of one credential or OTP secret. Default: no limit but that of the key.',
        example: '10',
      }),
      OTPOST_TRUSTED_PROXIES: z.string().optional().meta({
        description: 'Addresses and CIDRs, comma separated, whose X-Forwarded-For is believed. Default: none.',
        example: '10.0.0.0/8',
      }),
    }),
  vault: everyService
    .extend(transport.shape)
    .extend(owner.shape)
    .extend(hookKey.shape)
    .extend(inboxes.shape)
    .extend(keyProviderFields)
    .extend({
      OTPOST_DATA_KEY_CACHE_SECONDS: z.coerce.number().int().min(0).max(3_600).default(300).meta({
        description: 'Seconds that an unwrapped data key may stay in memory.',
      }),
    }),
  ingestor: everyService.extend(hookKey.shape).extend(inboxes.shape).extend(inboundFields),
  dispatcher: everyService
    .extend(transport.shape)
    .extend(publicUrl.shape)
    .extend(inboxes.shape)
    .extend(webhookFields)
    .extend(forwardingFields),
};

export type ServiceConfig<Service extends ServiceName> = z.output<(typeof schemas)[Service]>;

/** What is wrong with the environment: names the variables, never their values. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`configuration: ${problems.join('; ')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Parses the environment of one service, before Nest starts. A variable marked secret may come from the file that
 * `<NAME>_FILE` names, as Docker and Kubernetes mount secrets. An empty variable counts as absent.
 * @throws ConfigError naming every variable at fault.
 */
export function loadConfig<Service extends ServiceName>(
  service: Service,
  environment: Environment = process.env,
): ServiceConfig<Service> {
  return parse(schemas[service], environment) as ServiceConfig<Service>;
}

/**
 * Some variables of a service alone: for a command that works beside it and can do without the others.
 * @throws ConfigError naming every variable at fault.
 */
export function loadVariables<Service extends ServiceName, Name extends keyof ServiceConfig<Service> & string>(
  service: Service,
  names: readonly Name[],
  environment: Environment = process.env,
): Pick<ServiceConfig<Service>, Name> {
  const wanted: readonly string[] = names;
  const picked = variablesOf(schemas[service]).filter(([name]) => wanted.includes(name));
  return parse(z.object(Object.fromEntries(picked)), environment) as Pick<ServiceConfig<Service>, Name>;
}

type Environment = Record<string, string | undefined>;

function parse(schema: z.ZodObject, environment: Environment): unknown {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const [name, variable] of variablesOf(schema)) {
    const path = environment[`${name}_FILE`];
    if (environment[name]) values[name] = environment[name];
    else if (isSecret(variable) && path) {
      try {
        values[name] = readFileSync(path, 'utf8').trim();
      } catch (error) {
        problems.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
      }
    }
  }
  const parsed = schema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (problems.some((problem) => problem.startsWith(`${name}_FILE`))) continue;
    problems.push(values[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`);
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

/** The text of `.env.example`: every variable of every service, once, with what it is for. */
export function environmentExample(): string {
  const seen = new Map<string, { services: string[]; variable: z.ZodType }>();
  for (const [service, schema] of Object.entries<z.ZodObject>(schemas)) {
    for (const [name, variable] of variablesOf(schema)) {
      const entry = seen.get(name) ?? { services: [], variable };
      entry.services.push(service);
      seen.set(name, entry);
    }
  }
  const lines = ['# Every variable otpost reads. Made from libs/platform/src/config.ts: do not edit by hand.', ''];
  for (const [name, { services, variable }] of seen) {
    const meta = metaOf(variable);
    const fallback = defaultOf(variable);
    const of = services.length === Object.keys(schemas).length ? 'all services' : services.join(', ');
    lines.push(`# ${meta?.description ?? ''} (${of})`);
    if (meta?.secret) lines.push(`# Or ${name}_FILE: path of a file that holds it.`);
    lines.push(fallback === undefined ? `# ${name}=${meta?.example ?? ''}` : `# ${name}=${fallback}`, '');
  }
  return lines.join('\n');
}

/** What is wrong is told without the URL, which may hold a password. */
function isRedisUrl(url: string, context: z.RefinementCtx): void {
  try {
    parseRedisUrl(url);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as TypeError).message });
  }
}

/** Zod keeps what `.meta()` was given; the shape is ours alone to know. */
function metaOf(variable: z.ZodType): VariableMeta | undefined {
  return variable.meta() as VariableMeta | undefined;
}

function variablesOf(schema: z.ZodObject): [name: string, variable: z.ZodType][] {
  return Object.entries(schema.shape);
}

function isSecret(variable: z.ZodType): boolean {
  return metaOf(variable)?.secret === true;
}

function defaultOf(variable: z.ZodType): string | undefined {
  const { type, defaultValue } = variable.def as { type: string; defaultValue?: string | number | boolean };
  return type === 'default' ? String(defaultValue) : undefined;
}
