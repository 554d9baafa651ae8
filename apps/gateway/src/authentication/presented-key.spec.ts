import { describe, expect, it } from '@jest/globals';
import { makeApiKey } from '@otpost/contracts';
import { presentedKey } from './presented-key.js';

const key = makeApiKey('live');
const whole = key.text.reveal();
const secret = key.secret.reveal();

describe('presentedKey', () => {
  it.each([
    ['a bearer token', { authorization: `Bearer ${whole}` }],
    ['a bearer token in other letters', { authorization: `bearer  ${whole} ` }],
    ['cc-key', { 'cc-key': whole }],
    ['Sendblue headers with the secret part', { 'sb-api-key-id': key.id, 'sb-api-secret-key': secret }],
    ['Sendblue headers with the whole key', { 'sb-api-key-id': key.id, 'sb-api-secret-key': whole }],
  ])('reads %s', (_form, headers) => {
    const presented = presentedKey(headers);
    expect(presented).toMatchObject({ kind: 'api_key', id: key.id });
    expect(presented?.kind === 'api_key' && presented.secret.reveal()).toBe(secret);
  });

  it('knows the root key by its prefix', () => {
    expect(presentedKey({ authorization: 'Bearer otp_root_x' })).toMatchObject({ kind: 'root' });
  });

  it.each([
    [{}],
    [{ authorization: whole }],
    [{ authorization: `Bearer ${whole} ${whole}` }],
    [{ authorization: 'Bearer ' }],
    [{ 'cc-key': `${whole}x` }],
    [{ 'sb-api-key-id': key.id }],
    [{ 'sb-api-secret-key': whole }],
    [{ 'sb-api-key-id': 'somebody-else', 'sb-api-secret-key': whole }],
    [{ 'sb-api-key-id': 'UPPER', 'sb-api-secret-key': secret }],
  ])('finds none in %#', (headers) => {
    expect(presentedKey(headers)).toBeNull();
  });
});
