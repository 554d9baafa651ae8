import { describe, expect, it } from '@jest/globals';
import { numberOf, parseForm, readSmsForm } from './sms-form.js';

describe('the form of an SMS', () => {
  it('keeps repeated parameters as lists, as Twilio signs them', () => {
    expect({ ...parseForm('a=1&b=2&a=3&c=%20%2B') }).toEqual({ a: ['1', '3'], b: '2', c: ' +' });
  });

  it('takes no parameter for something else', () => {
    const form = parseForm('__proto__=x&To=%2B1555&To=%2B1556&constructor=y');
    expect(numberOf(form)).toBe('');
    expect(Object.keys(form)).toEqual(['__proto__', 'To', 'constructor']);
    expect(() => readSmsForm(form)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });

  it('reads the message, also an empty one', () => {
    const form = parseForm('MessageSid=SM1&From=GitHub&To=%2B1555&NumMedia=1&MediaContentType0=image%2Fpng');
    expect(readSmsForm(form)).toEqual({
      MessageSid: 'SM1',
      From: 'GitHub',
      To: '+1555',
      Body: '',
      mediaTypes: ['image/png'],
    });
  });

  it('refuses more parameters than there are', () => {
    expect(() => parseForm('a=b&'.repeat(501))).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });
});
