import { inflateRawSync } from 'node:zlib';

// The few lines of APPNOTE.TXT (PKWARE) that exports need: the central directory, and what is stored or deflated.

const endSignature = 0x0605_4b50;
const endBytes = 22;
const entrySignature = 0x0201_4b50;
const entryBytes = 46;
const localBytes = 30;
const longestComment = 65_535;
const stored = 0;
const deflated = 8;

export class ZipError extends Error {
  override readonly name = 'ZipError';
}

export function isZip(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32LE(0) === 0x0403_4b50;
}

/**
 * One file of an archive.
 * @returns undefined where it has no file of that name
 * @throws ZipError where it is damaged, encrypted, or the file is larger than `mostBytes`
 */
export function readZipFile(archive: Buffer, name: string, mostBytes: number): Buffer | undefined {
  try {
    for (const entry of entriesOf(archive)) if (entry.name === name) return contentOf(archive, entry, mostBytes);
    return undefined;
  } catch (error) {
    if (error instanceof ZipError) throw error;
    // Every offset is the archive's own word; zlib has a limit and checks its data.
    throw new ZipError('the archive is damaged, or too large');
  }
}

interface Entry {
  name: string;
  flags: number;
  method: number;
  compressedBytes: number;
  offset: number;
}

function* entriesOf(archive: Buffer): Generator<Entry> {
  const end = endOf(archive);
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new ZipError('the archive is damaged');
    const nameBytes = archive.readUInt16LE(at + 28);
    yield {
      name: archive.toString('utf8', at + entryBytes, at + entryBytes + nameBytes),
      flags: archive.readUInt16LE(at + 8),
      method: archive.readUInt16LE(at + 10),
      compressedBytes: archive.readUInt32LE(at + 20),
      offset: archive.readUInt32LE(at + 42),
    };
    at += entryBytes + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

/** Where the directory's end is: before a comment of unknown length. */
function endOf(archive: Buffer): number {
  const first = Math.max(0, archive.length - endBytes - longestComment);
  for (let at = archive.length - endBytes; at >= first; at -= 1)
    if (archive.readUInt32LE(at) === endSignature) return at;
  throw new ZipError('the archive is damaged: it has no directory');
}

function contentOf(archive: Buffer, { flags, method, compressedBytes, offset }: Entry, mostBytes: number): Buffer {
  if ((flags & 1) !== 0) throw new ZipError('the archive is encrypted');
  const start = offset + localBytes + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  const content = archive.subarray(start, start + compressedBytes);
  if (method === stored && content.length <= mostBytes) return content;
  if (method === deflated) return inflateRawSync(content, { maxOutputLength: mostBytes });
  throw new ZipError('the archive is too large, or packed in an unusual way');
}
