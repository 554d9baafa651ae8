import type { Credential } from '../api/types.js';

export const factorNames: Record<NonNullable<Credential['tfa_method']>, string> = {
  AUTHENTICATOR: 'Authenticator',
  EMAIL: 'Mail',
  SMS: 'SMS',
  MAGIC_LINK: 'Magic link',
};
