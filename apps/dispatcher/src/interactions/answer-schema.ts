import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { RE2JS } from 're2js';
import { AppError, fieldError, type FieldError } from '@otpost/contracts';

/** JSON Schema (draft 07) of a human's answer: an object of named properties. */
export type AnswerSchema = Record<string, JsonValue>;
type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

export const defaultSchema: AnswerSchema = {
  type: 'object',
  properties: { code: { type: 'string', minLength: 1, maxLength: 1_024 } },
  required: ['code'],
  additionalProperties: false,
};

const maxDepth = 12;
/** Patterns times texts is the work of one validation: both are few and short. */
const maxPatterns = 8;
const maxPatternLength = 256;
const maxTextLength = 2_048;
const maxAnswerBytes = 8_192;
const maxAnswerValues = 256;
const keptValidators = 200;
/** Linear in the text whatever the pattern: a human's answer cannot keep the dispatcher busy. What RE2 does not know is refused. */
const linearTime = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    return {
      test: (text: string) => compiled.matcher(text).find(),
      // Ajv tells patterns apart by it, in all schemas of the process.
      toString: () => pattern,
    };
  },
  { code: 'linearTime' },
);

const createAjv = () =>
  new Ajv({
    strict: false,
    allErrors: false,
    validateFormats: false,
    addUsedSchema: false,
    logger: false,
    code: { regExp: linearTime },
  });
let ajv = createAjv();
const validators = new Map<string, ValidateFunction>();

/**
 * Checks a schema before a challenge is opened with it.
 * @throws AppError `validation_failed` naming `schema`
 */
export function assertUsableSchema(schema: AnswerSchema): void {
  if (schema['type'] !== undefined && schema['type'] !== 'object') throw fieldError('schema', 'type must be "object"');
  assertModest(schema);
  try {
    validatorOf(schema);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    // The library's words quote the schema, which is the client's own.
    const message = cause instanceof Error ? cause.message.slice(0, 200) : 'is no JSON Schema';
    throw fieldError('schema', `cannot be used: ${message}`);
  }
}

/**
 * @throws AppError `validation_failed` naming the fields of the answer that are not as the schema asks, and no value of it
 */
export function assertAnswers(schema: AnswerSchema, answer: unknown): asserts answer is Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    throw wrong([{ path: '', message: 'must be an object' }]);
  const values = [...valuesOf(answer as JsonValue)];
  const longest = Math.max(...values.map(({ value }) => (typeof value === 'string' ? value.length : 0)));
  if (
    values.length > maxAnswerValues ||
    longest > maxTextLength ||
    values.some(({ depth }) => depth > maxDepth) ||
    Buffer.byteLength(JSON.stringify(answer)) > maxAnswerBytes
  ) {
    throw wrong([{ path: '', message: 'is too large' }]);
  }
  const validate = validatorOf(schema);
  if (validate(answer) === true) return;
  throw wrong((validate.errors ?? []).map(fieldErrorOf));
}

/** The properties that an answer needs: the required ones, or all where none is. */
export function missingProperties(schema: AnswerSchema): string[] {
  const { required, properties } = schema;
  if (Array.isArray(required) && required.length > 0) return required.map(String);
  return Object.keys((properties ?? {}) as object);
}

/** Where a bare code goes: to `code`, or to the one property that is asked for. */
export function propertyOfCode(schema: AnswerSchema): string {
  const missing = missingProperties(schema);
  return missing.length === 1 && missing[0] !== undefined ? missing[0] : 'code';
}

function validatorOf(schema: AnswerSchema): ValidateFunction {
  const { $schema: _, ...rest } = schema;
  const key = JSON.stringify(rest);
  const kept = validators.get(key);
  if (kept !== undefined) return kept;
  if (validators.size >= keptValidators) {
    // Ajv keeps something of all it compiled: a new one now and then bounds the memory.
    validators.clear();
    ajv = createAjv();
  }
  const validate = ajv.compile({ ...rest, type: 'object' });
  ajv.removeSchema();
  validators.set(key, validate);
  return validate;
}

/** References may lead in circles or away; other words with a dollar name a schema, or change what its words mean. */
function assertModest(schema: AnswerSchema): void {
  const values = [...valuesOf(schema)];
  const names = values.map(({ name }) => name);
  const refused = names.find((name) => name.startsWith('$') && name !== '$schema' && name !== '$comment');
  if (refused !== undefined) throw fieldError('schema', `must not use ${refused}`);
  if (values.some(({ depth }) => depth > maxDepth))
    throw fieldError('schema', `must be nested at most ${maxDepth} deep`);
  const patterns = values.flatMap(({ name, value }) => {
    if (name === 'pattern' && typeof value === 'string') return [value];
    return name === 'patternProperties' && typeof value === 'object' && value !== null ? Object.keys(value) : [];
  });
  if (patterns.length > maxPatterns) throw fieldError('schema', `must have at most ${maxPatterns} patterns`);
  if (patterns.some(({ length }) => length > maxPatternLength))
    throw fieldError('schema', `a pattern must have at most ${maxPatternLength} characters`);
}

/** Every value in it, itself included, with its name. Deeper than is allowed nothing is looked at. */
function* valuesOf(
  value: JsonValue,
  name = '',
  depth = 0,
): Generator<{ name: string; value: JsonValue; depth: number }> {
  yield { name, value, depth };
  if (typeof value !== 'object' || value === null || depth > maxDepth) return;
  for (const [key, item] of Object.entries(value)) yield* valuesOf(item, Array.isArray(value) ? '' : key, depth + 1);
}

function fieldErrorOf({ instancePath, params, message }: ErrorObject): FieldError {
  const names = params as { missingProperty?: string; additionalProperty?: string };
  const path = instancePath.split('/').slice(1);
  if (names.missingProperty !== undefined)
    return { path: [...path, names.missingProperty].join('.'), message: 'required' };
  if (names.additionalProperty !== undefined)
    return { path: [...path, names.additionalProperty].join('.'), message: 'unknown field' };
  return { path: path.join('.'), message: message ?? 'is not as asked' };
}

function wrong(fields: FieldError[]): AppError {
  const text = fields.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return new AppError('validation_failed', text.slice(0, 1_000), { fields });
}
