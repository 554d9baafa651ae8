import { rememberSecret } from './canary.js';
import type { System } from './system.js';

/** An answer, as it came. */
export interface Answer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface CallOptions {
  method?: string;
  body?: unknown;
  /** Sent as it is, whatever it is. */
  rawBody?: string;
  key?: string | undefined;
  headers?: Record<string, string>;
}

/** What may not be found anywhere afterwards, by the name of its field. */
const secretFields = new Set([
  'secret',
  'key',
  'token',
  'client_encryption_key',
  'password',
  'tfa_secret',
  'uri',
  'otpauth_uri',
  'setup_url',
]);

/** Calls the gateway with an API key. Secrets in request and answer are remembered for the canary test; so are codes. */
export async function call<Body = Record<string, unknown>>(
  system: Pick<System, 'gatewayUrl'>,
  path: string,
  { method, body, rawBody, key, headers = {} }: CallOptions = {},
): Promise<Answer<Body>> {
  remember(path, body);
  const payload = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(system.gatewayUrl + path, {
    method: method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, body: JSON.parse(text) as Body };
  remember(path, answer.body);
  return answer;
}

function remember(what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'object') remember(what, field);
    else if (typeof field === 'string' && isSecret(name, field)) rememberSecret(`${what} ${name}`, field);
  }
}

function isSecret(name: string, value: string): boolean {
  return name === 'code' ? /^\d{6,10}$/.test(value) : secretFields.has(name) && value.length >= 12;
}
