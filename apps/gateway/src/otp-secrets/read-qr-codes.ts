import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { pngData, readImageHeader, type ImageHeader } from './image-header.js';

/** The texts of the QR codes in an image, or why there is no image to look at. */
export type QrFindings = { texts: string[] } | { refusal: 'no_image' | 'too_many_pixels' | 'damaged' };

/** A photograph of a usual phone has 12 million. */
export const mostPixels = 13_000_000;
/** More than one is refused anyway. */
const mostCodes = 4;

/**
 * Reads the QR codes of a PNG or JPEG. Bytes from outside: for a thread that may be ended, never for the main one.
 *
 * What an image claims to be is checked before anything is decoded: its pixels are counted, and a PNG may not unpack to more than they
 * take. Further formats that the decoder knows are not given to it.
 */
export async function readQrCodes(bytes: Buffer): Promise<QrFindings> {
  const header = readImageHeader(bytes);
  if (header === undefined) return { refusal: 'no_image' };
  const { width, height } = header;
  if (width * height > mostPixels) return { refusal: 'too_many_pixels' };
  if (width * height === 0 || !(await unpacksToItsSize(bytes, header))) return { refusal: 'damaged' };
  loadReader();
  const found = await readBarcodes(bytes, {
    formats: ['QRCodeModel2'],
    maxNumberOfSymbols: mostCodes,
    tryHarder: true,
  });
  // What cannot be decoded is told as a code that is none.
  if (found.some(({ isValid }) => !isValid)) return { refusal: 'damaged' };
  return { texts: found.map(({ text }) => text) };
}

let isLoaded = false;

/** From the package's own folder: unless it is told, the library fetches its code from a CDN. */
function loadReader(): void {
  if (isLoaded) return;
  const path = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  prepareZXingModule({ overrides: { wasmBinary: buffer.slice(byteOffset, byteOffset + byteLength) } });
  isLoaded = true;
}

/** Counted, not kept: a few kilobytes may unpack to gigabytes. */
async function unpacksToItsSize(bytes: Buffer, header: ImageHeader): Promise<boolean> {
  if (header.format === 'jpeg') return true;
  const { width, height, bitsPerPixel } = header;
  // A filter byte a row. Interlaced images have more rows, by less than half.
  const most = 2 * height * (1 + Math.ceil((width * bitsPerPixel) / 8));
  let size = 0;
  try {
    for await (const chunk of Readable.from(pngData(bytes)).pipe(createInflate({ chunkSize: 256 * 1_024 }))) {
      size += (chunk as Buffer).length;
      if (size > most) return false;
    }
  } catch {
    return false;
  }
  return size > 0;
}
