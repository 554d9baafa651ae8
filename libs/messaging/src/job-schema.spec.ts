import { describe, expect, it } from '@jest/globals';
import { defineQueue } from '@otpost/contracts';
import { z } from 'zod';
import { assertIdsOnly } from './job-schema.js';

const queueOf = (job: z.ZodObject) => defineQueue({ name: 'vault.test', owner: 'vault', job, jobId: () => 'id' });

describe('what a job may hold', () => {
  it.each([
    ['a uuid', z.uuid()],
    ['a uuid of version 7', z.uuidv7()],
    [
      'a short string of a stated form',
      z
        .string()
        .max(64)
        .regex(/^[a-z0-9]+$/),
    ],
    ['a time', z.int()],
    ['an enum', z.enum(['a', 'b'])],
    ['a literal', z.literal('x')],
    ['a flag', z.boolean()],
    ['an id that may be missing', z.uuid().nullable().optional()],
  ])('is %s', (_, schema) => {
    expect(() => assertIdsOnly(queueOf(z.object({ field: schema })))).not.toThrow();
  });

  it.each([
    ['text', z.string()],
    ['short text of any form', z.string().max(10)],
    ['long text of a stated form', z.string().regex(/^[a-z]+$/)],
    ['a URL', z.url()],
    ['an e-mail address', z.email()],
    ['a fraction', z.number()],
    ['a list', z.array(z.uuid())],
    ['an object', z.object({ id: z.uuid() })],
    ['anything', z.unknown()],
    ['one of several', z.union([z.uuid(), z.string()])],
  ])('is not %s', (_, schema) => {
    expect(() => assertIdsOnly(queueOf(z.object({ field: schema })))).toThrow(
      'queue vault.test: field may hold more than an id',
    );
  });
});
