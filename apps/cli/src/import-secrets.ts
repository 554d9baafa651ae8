import { createHmac, randomUUID } from 'node:crypto';
import type { OtpostClient } from '@otpost/client';
import { encodeSecret, type OtpAccount } from '@otpost/otp';
import { exitCodes, exitCodeOf } from './errors.js';
import { identityOf } from './exports/entry.js';
import type { Importer } from './import.js';

/** Each authenticator becomes an OTP secret. Logins are nothing to it. @param target undefined: nothing is stored */
export function intoSecrets(target: { client: OtpostClient; apiKey: string } | undefined): Importer {
  const firsts = new Map<string, string>();
  return async (entry) => {
    if (!('account' in entry)) return null;
    const { name, account } = entry;
    const identity = identityOf(account);
    const first = firsts.get(identity);
    if (first !== undefined) return { result: 'duplicate', id: null, reason: `the same as ${first}` };
    firsts.set(identity, name);
    if (target === undefined) return { result: 'would be stored', id: null, reason: null };
    return { result: 'stored', id: await store(target, account), reason: null };
  };
}

/** An idempotency key that only the holder of the API key could make of a secret: the same file twice within a day stores it once. */
async function store(
  { client, apiKey }: { client: OtpostClient; apiKey: string },
  account: OtpAccount,
): Promise<string> {
  const names = `${account.issuer ?? ''}:${account.label}`;
  const key = createHmac('sha256', apiKey)
    .update(`${identityOf(account)} ${names}`)
    .digest('base64url');
  try {
    return await post(client, account, `import-${key}`);
  } catch (error) {
    // It was stored by this key before, and deleted since.
    if (exitCodeOf(error) !== exitCodes.notFound) throw error;
    return post(client, account, `import-${randomUUID()}`);
  }
}

async function post(client: OtpostClient, account: OtpAccount, idempotencyKey: string): Promise<string> {
  const moving = account.type === 'totp' ? { period: account.periodSeconds } : { counter: account.counter };
  const made = await client.post('/v1/otp-secrets', {
    params: { header: { 'Idempotency-Key': idempotencyKey } },
    body: {
      type: account.type,
      label: account.label || account.issuer || 'imported',
      issuer: account.issuer,
      secret: encodeSecret(account.secret),
      algorithm: account.algorithm,
      digits: account.digits as 6 | 8,
      ...moving,
    },
  });
  return made.id;
}
