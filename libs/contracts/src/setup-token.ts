import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '@otpost/envelope';

/**
 * What a link to set a seat's sign-in up carries, behind its `#`: `otp_setup_` and base64url of the workspace's id, the seat's id and 256
 * random bits. The ids say where to look; only a SHA-256 of the random part is ever stored.
 */
export interface SetupToken {
  workspaceId: string;
  seatId: string;
  /** SHA-256 of the random part, 32 bytes. */
  hash: Uint8Array<ArrayBuffer>;
}

const prefix = 'otp_setup_';
const idBytes = 16;
const secretBytes = 32;

/** Makes a new token; `text` is the whole of it, for the seat's eyes once. */
export function makeSetupToken(workspaceId: string, seatId: string): SetupToken & { text: Secret } {
  const secret = randomBytes(secretBytes);
  const bytes = Buffer.concat([bytesOf(workspaceId), bytesOf(seatId), secret]);
  return { workspaceId, seatId, hash: hashOf(secret), text: new Secret(prefix + bytes.toString('base64url')) };
}

/** Null for what is no token. Tells nothing about whether it is one that was given out. */
export function parseSetupToken(token: Secret): SetupToken | null {
  const text = token.reveal().trim();
  if (!text.startsWith(prefix) || text.length > 200) return null;
  const bytes = Buffer.from(text.slice(prefix.length), 'base64url');
  if (bytes.length !== 2 * idBytes + secretBytes) return null;
  return {
    workspaceId: uuidOf(bytes.subarray(0, idBytes)),
    seatId: uuidOf(bytes.subarray(idBytes, 2 * idBytes)),
    hash: hashOf(bytes.subarray(2 * idBytes)),
  };
}

function hashOf(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(secret).digest());
}

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
