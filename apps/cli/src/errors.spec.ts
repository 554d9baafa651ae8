import { describe, expect, it } from '@jest/globals';
import { CommanderError } from 'commander';
import { OtpostError } from '@otpost/client';
import { CliError, describeError, exitCodeOf } from './errors.js';

describe('exitCodeOf', () => {
  it.each([
    [new OtpostError('', { status: 401, code: 'unauthenticated' }), 3],
    [new OtpostError('', { status: 403, code: 'forbidden' }), 3],
    [new OtpostError('', { status: 404, code: 'no_fresh_code' }), 4],
    [new OtpostError('', { status: 409, code: 'no_second_factor' }), 4],
    [new OtpostError('', { code: 'challenge_cancelled' }), 4],
    [new OtpostError('', { code: 'timed_out' }), 5],
    [new OtpostError('', { code: 'unreachable' }), 6],
    [new OtpostError('', { status: 503, code: 'unavailable' }), 6],
    [new OtpostError('', { status: 429, code: 'rate_limited' }), 6],
    [new OtpostError('', { status: 422, code: 'validation_failed' }), 2],
    [new OtpostError('', { status: 404, code: 'unexpected_answer' }), 1],
    [new OtpostError('', { status: 500, code: 'internal' }), 1],
    [new CommanderError(1, 'commander.unknownOption', ''), 2],
    [new CommanderError(0, 'commander.helpDisplayed', ''), 0],
    [new CliError('usage', ''), 2],
    [new TypeError('a mistake'), 1],
  ])('tells by number what went wrong: %j is %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe('describeError', () => {
  const error = new OtpostError('the request is not valid', {
    ...{
      status: 422,
      code: 'validation_failed',
      requestId: 'r-1',
      fields: [{ path: 'domain', message: 'names no host' }],
    },
  });

  it('is one line with the fields and the id of the request', () => {
    expect(describeError(error, false)).toBe('otpost: the request is not valid: domain names no host. (request r-1)');
  });

  it('is the same as JSON', () => {
    expect(JSON.parse(describeError(error, true))).toEqual({
      error: {
        message: 'the request is not valid',
        ...{ code: 'validation_failed', status: 422, request_id: 'r-1' },
        fields: [{ path: 'domain', message: 'names no host' }],
      },
    });
  });
});
