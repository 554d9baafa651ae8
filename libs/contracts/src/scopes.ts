import { z } from 'zod';

/** What an API key may do. */
export const scopes = [
  'codes:read',
  'vault:read',
  'vault:write',
  'challenges:write',
  'messages:read',
  'webhooks:write',
  'admin',
] as const;

export const scope = z.enum(scopes);
export type Scope = z.infer<typeof scope>;
