const LENGTH_BYTES = 4;

/**
 * One unambiguous byte string for a list of parts: each is preceded by its length in bytes (32 bits, big-endian), so
 * that no two lists give the same bytes (`ab`, `c` is not `a`, `bc`). Used wherever several fields are authenticated
 * together. Strings are UTF-8; pass bytes for what may not be well-formed text.
 */
export function lengthPrefixed(...parts: readonly (string | Uint8Array)[]): Buffer<ArrayBuffer> {
  let size = 0;
  for (const part of parts) size += LENGTH_BYTES + Buffer.byteLength(part);
  const bytes = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const part of parts) {
    const start = offset + LENGTH_BYTES;
    if (typeof part === 'string') {
      offset = start + bytes.write(part, start);
    } else {
      bytes.set(part, start);
      offset = start + part.length;
    }
    bytes.writeUInt32BE(offset - start, start - LENGTH_BYTES);
  }
  return bytes;
}
