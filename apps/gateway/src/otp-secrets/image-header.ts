/** What an image says of itself before a pixel of it is decoded. */
export type ImageHeader =
  | { format: 'jpeg'; width: number; height: number }
  | { format: 'png'; width: number; height: number; bitsPerPixel: number };

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');
/** Samples a pixel, by colour type (PNG, third edition, 11.2.1). */
const pngSamples = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** @returns undefined for what is no PNG and no JPEG, or has lost its beginning */
export function readImageHeader(bytes: Buffer): ImageHeader | undefined {
  if (bytes.subarray(0, 8).equals(pngSignature)) return readPngHeader(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return readJpegHeader(bytes);
  return undefined;
}

/** The compressed data of a PNG, chunk by chunk. */
export function* pngData(bytes: Buffer): Generator<Buffer> {
  for (let at = pngSignature.length; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') yield bytes.subarray(at + 8, at + 8 + length);
    at += 12 + length;
  }
}

function readPngHeader(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const samples = pngSamples.get(bytes.readUInt8(25));
  if (samples === undefined) return undefined;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  return { format: 'png', width, height, bitsPerPixel: samples * bytes.readUInt8(24) };
}

/** From segment to segment up to the first start of frame (ITU-T T.81, B.2.2). */
function readJpegHeader(bytes: Buffer): ImageHeader | undefined {
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // C4, C8 and CC are tables and an extension, among the frames.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { format: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}
