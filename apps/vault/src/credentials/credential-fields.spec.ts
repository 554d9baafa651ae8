import { describe, expect, it } from '@jest/globals';
import { credentialFields } from '@otpost/contracts';
import { columnOf, pairOf, plainFields, sealedFields } from './credential-fields.js';

describe('the fields of a vault entry', () => {
  it('are each in the clear, sealed, or of the second factor', () => {
    const known = [...plainFields, ...sealedFields, 'tfa_method', 'tfa_secret'];
    expect(known.sort()).toEqual(Object.keys(credentialFields.shape).sort());
  });

  it('have their columns under Prisma’s names', () => {
    expect(columnOf('expiry_time_from_session_data_set')).toBe('expiryTimeFromSessionDataSet');
    expect(columnOf('password')).toBe('password');
  });
});

describe('a pair', () => {
  it('is one, however its domain is written', () => {
    const pair = { permissionedUserId: 'ada', domain: 'github.com' };
    for (const domain of ['https://GitHub.com/login', 'www.github.com.', 'github.com']) {
      expect(pairOf({ permissioned_user_id: 'ada', domain })).toEqual(pair);
    }
  });

  it.each(['', ' ', 'https://', 'a b', '..', 'exa\u0000mple.com'])('has no domain in %j', (domain) => {
    expect(() => pairOf({ permissioned_user_id: 'ada', domain })).toThrow(
      expect.objectContaining({ fields: [expect.objectContaining({ path: 'domain' })] }),
    );
  });
});
