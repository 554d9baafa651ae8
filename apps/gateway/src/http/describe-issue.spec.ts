import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { describeIssue } from './describe-issue.js';

const said = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value, { error: describeIssue }).error?.issues.map(({ message }) => message);

describe('what is wrong with a field', () => {
  it.each([
    ['a field that is not there', z.object({ a: z.string() }), {}, 'required'],
    ['a choice that is not there', z.object({ a: z.enum(['x', 'y']) }), {}, 'required'],
    ['another type', z.string(), 5, 'must be a string'],
    ['a list in place of an object', z.object({}), [], 'must be an object'],
    ['none of the choices', z.enum(['x', 'y']), 'z', 'must be one of x, y'],
    ['none of the numbers', z.union([z.literal(6), z.literal(8)]), 7, 'must be one of 6, 8'],
    ['an empty text', z.string().min(1), '', 'must not be empty'],
    ['a text too long', z.string().max(3), 'abcd', 'must have at most 3 characters'],
    ['a number too small', z.int().min(10), 5, 'must be at least 10'],
    ['a fraction', z.int(), 1.5, 'must be a whole number'],
    ['too many', z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
    ['no UUID', z.uuid(), '5', 'must be a UUID'],
    ['no time', z.iso.datetime(), 'now', 'must be a time with its zone, as 2026-01-31T12:00:00Z'],
    ['what the schema itself words', z.string().regex(/^a/, 'must begin with a'), 'b', 'must begin with a'],
  ])('says in plain words: %s', (_, schema, value, message) => {
    expect(said(schema, value)).toEqual([message]);
  });
});
