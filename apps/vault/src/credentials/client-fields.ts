import { fieldError } from '@otpost/contracts';
import { encryptForClient, EnvelopeError, readFromClient, Secret } from '@otpost/envelope';
import type { ClientField } from './credential-fields.js';

/** A field that a client may encrypt, as it was sent. */
export interface ClientText {
  text: Secret | null;
  /** It came encrypted, and is given back so. */
  encrypted: boolean;
}

/**
 * Tells ciphertext from plaintext and opens it. An encrypted `null` is null: the npm client encrypts that too.
 *
 * @param key the workspace's client encryption key
 * @throws AppError `validation_failed` naming the field: encrypted under another key, or something other than a text
 */
export function readClientField(key: Secret, field: ClientField, given: Secret): ClientText {
  const { value, encrypted } = refusing(field, () => readFromClient(key, given.reveal()));
  const text = value.reveal();
  if (text === null) return { text: null, encrypted: false };
  if (typeof text !== 'string') throw fieldError(field, 'must be the encryption of a text, or of null');
  return { text: new Secret(text), encrypted };
}

/** What a client reads back: encrypted afresh when it came encrypted, else masked. Plaintext is never returned. */
export function showClientField(key: Secret, text: Secret | null, encrypted: boolean): Secret | null {
  return text === null || !encrypted ? null : new Secret(encryptForClient(key, text.reveal()));
}

function refusing<T>(field: ClientField, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'client_value_refused') throw fieldError(field, error.message);
    throw error;
  }
}
