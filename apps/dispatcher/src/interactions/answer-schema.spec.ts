import { describe, expect, it } from '@jest/globals';
import {
  assertAnswers,
  assertUsableSchema,
  defaultSchema,
  missingProperties,
  propertyOfCode,
  type AnswerSchema,
} from './answer-schema.js';

const fields = (work: () => void) => {
  try {
    work();
  } catch (error) {
    return (error as { fields: { path: string }[] }).fields.map(({ path }) => path);
  }
  return null;
};
const nested = (depth: number): AnswerSchema => (depth === 0 ? {} : { properties: { a: nested(depth - 1) } });

describe('a schema', () => {
  it('is by default one required text, code', () => {
    expect(fields(() => assertAnswers(defaultSchema, { code: '123456' }))).toBeNull();
    expect(fields(() => assertAnswers(defaultSchema, {}))).toEqual(['code']);
    expect(fields(() => assertAnswers(defaultSchema, { code: 123456 }))).toEqual(['code']);
    expect(fields(() => assertAnswers(defaultSchema, { code: '1', more: 1 }))).toEqual(['more']);
  });

  it.each<[string, AnswerSchema]>([
    ['a reference', { properties: { a: { $ref: '#/properties/a' } } }],
    ['a name of its own', { $id: 'https://example.com/x' }],
    ['another type', { type: 'array' }],
    ['a pattern that only backtracking can match', { properties: { a: { pattern: '(?=a)b' } } }],
    [
      'many patterns',
      { properties: Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`p${n}`, { pattern: 'a' }])) },
    ],
    ['a long pattern', { properties: { a: { pattern: 'a'.repeat(257) } } }],
    ['great depth', nested(10)],
    ['nonsense', { properties: 5 }],
  ])('with %s is refused', (_, schema) => {
    expect(fields(() => assertUsableSchema(schema))).toEqual(['schema']);
  });

  it('names its dialect if it likes', () => {
    expect(fields(() => assertUsableSchema({ $schema: 'https://json-schema.org/draft/2020-12/schema' }))).toBeNull();
  });

  it('holds each value to its own pattern, whatever other schemas ask', () => {
    const digits = (count: number): AnswerSchema => ({ type: 'string', pattern: `^[0-9]{${count}}$` });
    const two: AnswerSchema = { properties: { pin: digits(4), code: digits(6) } };
    expect(fields(() => assertAnswers(two, { pin: '1234', code: '123456' }))).toBeNull();
    expect(fields(() => assertAnswers(two, { pin: '1234', code: '1234' }))).toEqual(['code']);
    const other: AnswerSchema = { properties: { code: digits(8) } };
    expect(fields(() => assertAnswers(other, { code: '12345678' }))).toBeNull();
    expect(fields(() => assertAnswers(other, { code: '1234' }))).toEqual(['code']);
  });

  it('whose pattern would keep a backtracking engine busy for years is answered at once', () => {
    const schema: AnswerSchema = { properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
    const startedAt = performance.now();
    expect(fields(() => assertAnswers(schema, { a: `${'a'.repeat(2_000)}!` }))).toEqual(['a']);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('is not asked about an answer that is too large', () => {
    expect(fields(() => assertAnswers({}, { a: 'x'.repeat(9_000) }))).toEqual(['']);
    expect(fields(() => assertAnswers({}, { a: Array.from({ length: 300 }, () => 1) }))).toEqual(['']);
    expect(fields(() => assertAnswers({}, 'text'))).toEqual(['']);
  });

  it('says what is missing, and where a bare code goes', () => {
    expect(missingProperties({ properties: { a: {}, b: {} }, required: ['b'] })).toEqual(['b']);
    expect(missingProperties({ properties: { a: {}, b: {} } })).toEqual(['a', 'b']);
    expect(propertyOfCode({ properties: { pin: {} } })).toBe('pin');
    expect(propertyOfCode({ properties: { a: {}, b: {} } })).toBe('code');
  });

  it('quotes no value of an answer', () => {
    const schema: AnswerSchema = { properties: { a: { type: 'string', pattern: '^x$' } } };
    expect(() => assertAnswers(schema, { a: 'canary-value' })).toThrow(/^(?!.*canary)/);
  });
});
