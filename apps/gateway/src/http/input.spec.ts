import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { AppError, secretText } from '@otpost/contracts';
import { defineEndpoint } from './endpoint.js';
import { parseInput } from './input.js';

const endpoint = defineEndpoint({
  method: 'POST',
  path: '/things/:id',
  access: 'public',
  tag: 'x',
  summary: 'x',
  params: z.strictObject({ id: z.uuid() }),
  query: z.strictObject({ limit: z.coerce.number().int().max(10).optional() }),
  body: z.strictObject({
    name: z.string(),
    secret: secretText.optional(),
    nested: z.strictObject({ on: z.boolean() }).optional(),
  }),
  response: z.object({}),
});
const params = { id: '01890a5d-ac96-774b-bcce-b302099a8057' };

function refusalOf(request: { params?: unknown; query?: unknown; body?: unknown }): AppError {
  try {
    parseInput(endpoint, { params, query: {}, body: { name: 'x' }, ...request });
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('parseInput', () => {
  it('makes a Secret of a secret at the edge', () => {
    const { body } = parseInput(endpoint, { params, query: {}, body: { name: 'x', secret: 'hunter2' } });
    expect(JSON.stringify(body)).toBe('{"name":"x","secret":"[redacted]"}');
  });

  it('names every field at fault, in query and body, and none of their values', () => {
    const refusal = refusalOf({
      query: { limit: '11' },
      body: { secret: 7, nested: { on: 'hunter2', off: 1 }, extra: 'hunter2' },
    });
    expect(refusal.code).toBe('validation_failed');
    expect(refusal.fields.map(({ path }) => path).sort()).toEqual([
      'extra',
      'limit',
      'name',
      'nested.off',
      'nested.on',
      'secret',
    ]);
    expect(JSON.stringify(refusal.fields) + refusal.message).not.toContain('hunter2');
    expect(refusal.fields).toContainEqual({ path: 'name', message: 'required' });
    expect(refusal.fields).toContainEqual({ path: 'extra', message: 'unknown field' });
  });

  it('answers an id that cannot exist as one that does not', () => {
    expect(refusalOf({ params: { id: 'none' } }).code).toBe('not_found');
  });

  it('bounds what it says', () => {
    const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field${index}`, 1]));
    const refusal = refusalOf({ body });
    expect(refusal.fields.length).toBeLessThanOrEqual(50);
    expect(refusal.message.length).toBeLessThanOrEqual(1_000);
  });
});
