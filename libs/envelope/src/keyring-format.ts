import { z } from 'zod';
import { EnvelopeError } from './errors.js';
import { Secret } from './secret.js';

/** Several KEKs, one of them active. */
export interface Keyring {
  activeKekId: string;
  keys: KeyringKey[];
}

export interface KeyringKey {
  kekId: string;
  createdAt: Date;
  /** 32 bytes. */
  key: Secret<Uint8Array>;
}

/**
 * The file, version 1. A key id says nothing about the key and is stored beside everything it wraps.
 *
 *     { "version": 1,
 *       "active": "local:7b1f0c9d2e4a6853",
 *       "keys": [{ "id": "local:7b1f0c9d2e4a6853", "created_at": "2026-01-31T09:30:00.000Z", "key": "<base64, 32 bytes>" }] }
 */
const keyringFormat = z.strictObject({
  version: z.literal(1),
  active: z.string(),
  keys: z
    .array(
      z.strictObject({
        id: z.string().regex(/^local:[0-9a-f]{16}$/),
        created_at: z.iso.datetime(),
        key: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
      }),
    )
    .min(1),
});

/**
 * Reads a keyring from a string, as from an environment variable or a mounted secret.
 *
 * @param source what to call it in errors
 * @throws EnvelopeError `keyring_malformed`, which names the field and never quotes
 */
export function parseKeyring(text: string, source = 'given'): Keyring {
  const malformed = (reason: string): EnvelopeError =>
    new EnvelopeError('keyring_malformed', `the keyring ${source} is malformed: ${reason}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // JSON.parse quotes what it could not read.
    throw malformed('not JSON');
  }
  const parsed = keyringFormat.safeParse(json);
  if (!parsed.success)
    throw malformed(parsed.error.issues.map((issue) => `at ${issue.path.join('.') || 'top'}`).join(', '));
  const { active, keys } = parsed.data;
  const ids = new Set(keys.map((key) => key.id));
  if (ids.size !== keys.length) throw malformed('two keys have the same id');
  if (!ids.has(active)) throw malformed('the active key is not among the keys');
  return {
    activeKekId: active,
    keys: keys.map(({ id, created_at, key }) => ({
      kekId: id,
      createdAt: new Date(created_at),
      key: new Secret(Buffer.from(key, 'base64')),
    })),
  };
}

/** The text of a keyring file: the one place where KEKs are written out. */
export function formatKeyring({ activeKekId, keys }: Keyring): string {
  const file: z.input<typeof keyringFormat> = {
    version: 1,
    active: activeKekId,
    keys: keys.map(({ kekId, createdAt, key }) => ({
      id: kekId,
      created_at: createdAt.toISOString(),
      key: Buffer.from(key.reveal()).toString('base64'),
    })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * The key of this id.
 *
 * @throws EnvelopeError `unknown_kek`
 */
export function findKey(keyring: Keyring, kekId: string): KeyringKey {
  const key = keyring.keys.find((candidate) => candidate.kekId === kekId);
  if (!key) throw new EnvelopeError('unknown_kek', `the keyring has no key ${kekId}`);
  return key;
}
