import { describe, expect, it } from '@jest/globals';
import { answerOfForm, fieldsOf } from './page-fields.js';

const codeOf = (property: Record<string, unknown>) => fieldsOf({ properties: { code: property } })[0];

describe('the form of a schema', () => {
  it.each(['^[0-9]{6}$', '^\\d{4,8}$', '\\d+'])('has a numeric keypad where %s asks for digits', (pattern) => {
    expect(codeOf({ type: 'string', pattern })).toMatchObject({ isDigits: true, isCode: true });
  });

  it.each(['^[0-9A-F]{6}$', '^[A-Z]{4}$', '.*'])('has all keys where %s asks for more', (pattern) => {
    expect(codeOf({ type: 'string', pattern })).toMatchObject({ isDigits: false });
  });

  it('has a field for a required property that is not described', () => {
    expect(fieldsOf({ required: ['pin'] })).toMatchObject([{ name: 'pin', label: 'Pin', isRequired: true }]);
  });
});

describe('what a form sends', () => {
  it('has the types of the schema, and digits without the spaces that people type', () => {
    const fields = fieldsOf({
      properties: {
        code: { type: 'string', pattern: '^[0-9]{6}$' },
        count: { type: 'integer' },
        trust: { type: 'boolean' },
        note: { type: 'string' },
        __proto__x: { type: 'string' },
      },
      required: ['code'],
    });
    const form = new URLSearchParams({ code: ' 123-456 ', count: '7', trust: 'yes', note: '' });
    expect(answerOfForm(fields, form)).toEqual({ code: '123456', count: 7, trust: true });
  });
});
