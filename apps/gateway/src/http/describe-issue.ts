import type { z } from 'zod';

/** What is wrong with a field, for the person who has to put it right. Messages that a schema has of its own win over these. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code.startsWith('invalid_')) return 'required';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${types[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union': {
      const choices = issue.errors.flat().flatMap((error) => (error.code === 'invalid_value' ? error.values : []));
      return choices.length === 0 ? undefined : oneOf(choices);
    }
    case 'invalid_format':
      return formats[issue.format];
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return limit(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    default:
      return undefined;
  }
}

const types: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const formats: Record<string, string> = {
  uuid: 'must be a UUID',
  datetime: 'must be a time with its zone, as 2026-01-31T12:00:00Z',
  email: 'must be an e-mail address',
  url: 'must be a URL',
};

function oneOf(values: readonly unknown[]): string {
  return `must be ${values.length === 1 ? '' : 'one of '}${values.map(String).join(', ')}`;
}

const counted: Record<string, string> = { string: 'character', array: 'item', set: 'item' };

function limit(origin: string, relation: string, value: number | bigint): string {
  const unit = counted[origin];
  return unit === undefined
    ? `must be ${relation} ${value}`
    : `must have ${relation} ${value} ${unit}${Number(value) === 1 ? '' : 's'}`;
}
