import { describe, expect, it } from '@jest/globals';
import { AppError, secretText } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { z } from 'zod';
import {
  decodeBody,
  decodeReply,
  decodeRequest,
  encodeBody,
  encodeError,
  encodeRequest,
  encodeResponse,
} from './contract-codec.js';

describe('what crosses the wire', () => {
  const schema = z.object({ code: secretText, n: z.int() });

  it('is a Secret on both sides and text in between', () => {
    const text = encodeBody(schema, { code: new Secret('287082'), n: 1 }, 'x');
    expect(text).toBe('{"code":"287082","n":1}');
    const back = decodeBody(schema, text, 'x');
    expect(back.code.reveal()).toBe('287082');
  });

  it('names the fields that break a contract, never their values', () => {
    const values = [{ code: 'canary', n: 'canary' }, { n: 1.5 }, 'canary'];
    for (const value of values) {
      for (const convert of [
        () => decodeBody(schema, JSON.stringify(value).replace('"code":"canary",', '"code":7,'), 'response of x'),
        () => encodeBody(schema, value as never, 'response of x'),
      ]) {
        let error: unknown;
        try {
          convert();
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toMatchObject({ code: 'internal', message: 'Internal error' });
        expect((error as AppError).internal).toMatch(/^response of x breaks its contract/);
        expect(JSON.stringify(error) + String((error as AppError).internal)).not.toContain('canary');
      }
    }
  });

  it('may be nothing', () => {
    expect(decodeBody(z.void(), encodeBody(z.void(), undefined, 'x'), 'x')).toBeUndefined();
  });

  it('keeps line breaks of a payload apart from what precedes it', () => {
    const content = { incarnation: 'abc', trace: '', body: '{"a":"\\n"}\n' };
    expect(decodeRequest(Buffer.from(encodeRequest(content)))).toEqual(content);
  });

  it('carries code, message, fields and retry hint of an error and nothing more', () => {
    const error = new AppError('rate_limited', 'Slow down', {
      fields: [{ path: 'a', message: 'b' }],
      retryAfterSeconds: 3,
      internal: 'canary',
      cause: new Error('canary'),
    });
    const content = encodeError(error);
    expect(content.includes('canary')).toBe(false);
    const back = decodeReply(content);
    expect(back).toBeInstanceOf(AppError);
    expect(back).toMatchObject({
      code: 'rate_limited',
      message: 'Slow down',
      fields: [{ path: 'a', message: 'b' }],
      retryAfterSeconds: 3,
    });
  });

  it('takes a code it does not know, of a newer service, for internal', () => {
    const content = Buffer.concat([Buffer.from([1]), Buffer.from('{"code":"new_code","message":"m"}')]);
    expect(decodeReply(content)).toMatchObject({ code: 'internal', message: 'm' });
    expect(decodeReply(encodeResponse('{}'))).toBe('{}');
  });
});
