import { createDecipheriv, pbkdf2Sync, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { ExportError } from './export-error.js';

const hex = (bytes: number) =>
  z
    .string()
    .length(2 * bytes)
    .regex(/^[0-9a-f]+$/i)
    .transform((text) => Buffer.from(text, 'hex'));
const sealedWith = z.object({ nonce: hex(12), tag: hex(16) });

/** Of the slots only those of a password: the others are opened by the phone that made them. */
const passwordSlot = z.object({
  ...{ type: z.literal(1), key: hex(32), key_params: sealedWith, salt: hex(32) },
  // What they may ask of this machine: 16 times Aegis' own choice.
  ...{
    n: z
      .int()
      .min(2)
      .max(2 ** 19)
      .refine((n) => Number.isInteger(Math.log2(n))),
    r: z.int().min(1).max(8),
    p: z.int().min(1).max(4),
  },
});
const aegisFile = z.object({
  header: z.object({ slots: z.array(z.unknown()), params: sealedWith }),
  db: z.string(),
});

/**
 * An Aegis vault in clear: a slot's key is sealed under scrypt of the password, the database under that key, both with AES-256-GCM
 * (docs/vault.md of Aegis).
 * @throws ExportError
 */
export function decryptAegis(file: unknown, password: string): unknown {
  const parsed = aegisFile.safeParse(file);
  if (!parsed.success) throw damaged();
  const { header, db } = parsed.data;
  for (const slot of header.slots.flatMap((one) => passwordSlot.safeParse(one).data ?? [])) {
    const { n: N, r, p, salt, key, key_params } = slot;
    const derived = scryptSync(password, salt, 32, { N, r, p, maxmem: 160 * N * r });
    const master = open(derived, key_params.nonce, key, key_params.tag);
    if (master === undefined) continue;
    const content = open(master, header.params.nonce, Buffer.from(db, 'base64'), header.params.tag);
    if (content === undefined) throw damaged();
    return { ...(file as object), db: parse(content) };
  }
  throw wrongPassword();
}

const twoFasIterations = 10_000;

/**
 * A 2FAS backup in clear: ciphertext with tag, salt and nonce, in Base64 with colons between; AES-256-GCM under
 * PBKDF2-HMAC-SHA-256 of the password.
 * @throws ExportError
 */
export function decryptTwoFas(file: unknown, password: string): unknown {
  const { servicesEncrypted } = file as { servicesEncrypted: string };
  const [sealed, salt, nonce, ...more] = servicesEncrypted.split(':').map((part) => Buffer.from(part, 'base64'));
  if (sealed === undefined || salt === undefined || nonce?.length !== 12 || sealed.length < 16 || more.length > 0) {
    throw damaged();
  }
  const key = pbkdf2Sync(password, salt, twoFasIterations, 32, 'sha256');
  const content = open(key, nonce, sealed.subarray(0, -16), sealed.subarray(-16));
  if (content === undefined) throw wrongPassword();
  return { ...(file as object), services: parse(content) };
}

/** Undefined where it does not authenticate. */
function open(key: Buffer, nonce: Buffer, ciphertext: Buffer, tag: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAuthTag(tag);
  const start = decipher.update(ciphertext);
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch {
    return undefined;
  }
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    throw damaged();
  }
}

function wrongPassword(): ExportError {
  return new ExportError('the password is not that of this export, or the file is damaged');
}

function damaged(): ExportError {
  return new ExportError('this encrypted export is damaged, or of a kind that is not known');
}
