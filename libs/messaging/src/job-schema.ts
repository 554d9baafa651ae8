import { z } from 'zod';
import type { QueueContract } from '@otpost/contracts';

const longestId = 64;
const idFormats = new Set<string | null>(['uuid', 'guid', 'ulid', 'cuid', 'cuid2', 'ksuid', 'nanoid', 'xid']);

/**
 * Refuses a queue whose jobs could carry content. Jobs are not sealed, so a job is a flat object of ids: UUIDs and the like, short
 * strings of a stated form, whole numbers (times in epoch milliseconds), booleans, literals and enums. Throws `TypeError`.
 */
export function assertIdsOnly(contract: QueueContract): void {
  const { job, name } = contract;
  if (!(job instanceof z.ZodObject)) throw new TypeError(`queue ${name}: a job is an object of ids`);
  for (const [field, schema] of Object.entries<z.ZodType>(job.shape)) {
    if (!isId(schema)) throw new TypeError(`queue ${name}: ${field} may hold more than an id`);
  }
}

function isId(schema: unknown): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return isId(schema.unwrap());
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral || schema instanceof z.ZodBoolean) return true;
  if (schema instanceof z.ZodNumber) return schema.isInt;
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return isShortId(schema);
  return false;
}

function isShortId(schema: z.ZodString | z.ZodStringFormat): boolean {
  if (idFormats.has(schema.format)) return true;
  return schema.maxLength !== null && schema.maxLength <= longestId && schema.format === 'regex';
}
