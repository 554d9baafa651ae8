import { z } from 'zod';
import { Secret } from '@otpost/envelope';
import { serviceNames, type ServiceName } from './services.js';

/**
 * What happens to a request whose replica dies, or whose answer is lost:
 * `idempotent` ones are asked again, `at-most-once` ones end as `outcome_unknown` once their handler has begun.
 */
export type Delivery = 'idempotent' | 'at-most-once';

/** One request that one service answers. Both sides import it, both sides validate. */
export interface RpcContract<Request extends z.ZodType = z.ZodType, Response extends z.ZodType = z.ZodType> {
  readonly kind: 'rpc';
  readonly service: ServiceName;
  /** `<service>.<feature>.<verb>`, unique in the deployment. */
  readonly pattern: string;
  readonly request: Request;
  readonly response: Response;
  readonly delivery: Delivery;
  /** How long the caller waits, unless it says otherwise. */
  readonly deadlineMs: number;
}

/** One fact that one service is told of; exactly one replica handles it, nobody waits. It may be lost: rows say what is due. */
export interface EventContract<Payload extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  readonly service: ServiceName;
  readonly pattern: string;
  readonly payload: Payload;
}

export type RequestOf<Contract extends RpcContract> = z.output<Contract['request']>;
export type ResponseOf<Contract extends RpcContract> = z.output<Contract['response']>;
export type PayloadOf<Contract extends EventContract> = z.output<Contract['payload']>;

const defaultDeadlineMs = 10_000;

/** Declares a request. Idempotent unless it says otherwise: a handler that must not run twice says `at-most-once`. */
export function defineRpc<Request extends z.ZodType, Response extends z.ZodType>(contract: {
  pattern: `${ServiceName}.${string}.${string}`;
  request: Request;
  response: Response;
  delivery?: Delivery;
  deadlineMs?: number;
}): RpcContract<Request, Response> {
  return {
    kind: 'rpc',
    service: serviceOf(contract.pattern),
    pattern: contract.pattern,
    request: contract.request,
    response: contract.response,
    delivery: contract.delivery ?? 'idempotent',
    deadlineMs: contract.deadlineMs ?? defaultDeadlineMs,
  };
}

/** Declares an event. */
export function defineEvent<Payload extends z.ZodType>(contract: {
  pattern: `${ServiceName}.${string}.${string}`;
  payload: Payload;
}): EventContract<Payload> {
  return { kind: 'event', service: serviceOf(contract.pattern), pattern: contract.pattern, payload: contract.payload };
}

/** A text that is a `Secret` in both processes and a string only inside the sealed message. */
export const secretText = z.codec(z.string(), z.instanceof(Secret<string>), {
  decode: (text) => new Secret(text),
  encode: (secret) => secret.reveal(),
});

/** A JSON value that is a `Secret` in both processes: browser state, headers, proxies. Given back as it came. */
export const secretJson = z.codec(z.json(), z.instanceof(Secret<z.core.util.JSONType>), {
  decode: (value) => new Secret(value),
  encode: (secret) => secret.reveal(),
});

/** Bytes, base64 on the wire. */
export const bytes = z.codec(z.base64(), z.instanceof(Uint8Array), {
  decode: (text) => new Uint8Array(Buffer.from(text, 'base64')),
  encode: (value) => Buffer.from(value).toString('base64'),
});

function serviceOf(pattern: string): ServiceName {
  const name = serviceNames.find((service) => pattern.startsWith(`${service}.`));
  if (name === undefined) throw new TypeError(`pattern ${pattern} names no service`);
  return name;
}
