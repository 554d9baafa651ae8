import { hash } from 'node:crypto';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What an entry says, apart from its place in the chain. */
export interface AuditFields {
  workspaceId: string;
  id: string;
  at: Date;
  actorKind: string;
  actorId: string | null;
  action: string;
  resourceType: string;
  resourceId: string | null;
  ip: string | null;
  requestId: string | null;
  details: Json;
}

/** What the first entry of a chain follows. */
export const genesisHash = Buffer.alloc(32);

/**
 * SHA-256 of one entry at its place in the chain. docs/audit.md has the encoding for those who verify an export; a change of it needs a
 * new first part, and the old one must stay verifiable.
 *
 * @param prevHash 32 bytes: the hash of the entry before, or `genesisHash`
 * @param seq 1, 2, … within the workspace
 */
export function hashEntry(prevHash: Uint8Array, seq: number, entry: AuditFields): Buffer {
  const encoded = encodeParts([
    'otpost audit entry 1',
    prevHash,
    String(seq),
    entry.workspaceId,
    entry.id,
    entry.at.toISOString(),
    entry.actorKind,
    entry.actorId,
    entry.action,
    entry.resourceType,
    entry.resourceId,
    entry.ip,
    entry.requestId,
    entry.details === null ? null : canonicalJson(entry.details),
  ]);
  return hash('sha256', encoded, 'buffer');
}

/** RFC 8785 for what PostgreSQL's jsonb can hold: no spaces, members sorted by UTF-16 code units, numbers as JavaScript prints them. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort(); // by UTF-16 code units
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`).join(',')}}`;
}

/** Each part after its length in 4 bytes, big-endian. Null has no bytes, and a length that no part can have. */
function encodeParts(parts: readonly (string | Uint8Array | null)[]): Buffer {
  let size = 0;
  for (const part of parts) size += lengthBytes + (part === null ? 0 : Buffer.byteLength(part));
  // One buffer, since this is most of the sealer's own work.
  const bytes = Buffer.allocUnsafe(size);
  let end = 0;
  for (const part of parts) {
    const start = end + lengthBytes;
    if (part === null) end = start;
    else if (typeof part === 'string') end = start + bytes.write(part, start);
    else end = start + Buffer.from(part.buffer, part.byteOffset, part.length).copy(bytes, start);
    bytes.writeUInt32BE(part === null ? absent : end - start, start - lengthBytes);
  }
  return bytes;
}

const lengthBytes = 4;
const absent = 0xffff_ffff;
