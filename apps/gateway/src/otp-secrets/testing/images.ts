import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { crc32, deflateSync } from 'node:zlib';
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer';

/** Dark and light squares, row by row. */
export interface Squares {
  width: number;
  height: number;
  isDark: (x: number, y: number) => boolean;
}

export interface PngOptions {
  width: number;
  height: number;
  bitDepth?: 1 | 8 | 16;
  /** 0: grey, 6: red, green, blue and opacity. */
  colourType?: 0 | 6;
  /** What is packed, with a filter byte before each row. */
  rows: Uint8Array;
}

/** A QR code with its quiet zone. */
export async function qrCode(text: string): Promise<Squares> {
  const path = createRequire(import.meta.url).resolve('zxing-wasm/writer/zxing_writer.wasm');
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  prepareZXingModule({ overrides: { wasmBinary: buffer.slice(byteOffset, byteOffset + byteLength) } });
  const { symbol, error } = await writeBarcode(text, { format: 'QRCode' });
  if (error !== '') throw new Error(error);
  const { data, width, height } = symbol;
  const quiet = 4;
  return {
    width: width + 2 * quiet,
    height: height + 2 * quiet,
    isDark: (x, y) => {
      const [column, row] = [x - quiet, y - quiet];
      const isInside = column >= 0 && row >= 0 && column < width && row < height;
      return isInside && data[row * width + column] === 0;
    },
  };
}

/** One beside the other. */
export function beside(left: Squares, right: Squares): Squares {
  return {
    width: left.width + right.width,
    height: Math.max(left.height, right.height),
    isDark: (x, y) => (x < left.width ? left.isDark(x, y) : right.isDark(x - left.width, y)),
  };
}

/** A grey PNG, some pixels a square. */
export function pngOf(squares: Squares, scale = 6): Buffer {
  const [width, height] = [squares.width * scale, squares.height * scale];
  const rows = Buffer.alloc(height * (1 + width));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      rows[y * (1 + width) + 1 + x] = squares.isDark(Math.floor(x / scale), Math.floor(y / scale)) ? 0 : 255;
  return packPng({ width, height, rows });
}

/** A PNG (third edition) of anything, right or wrong. */
export function packPng({ width, height, bitDepth = 8, colourType = 0, rows }: PngOptions): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(bitDepth, 8);
  header.writeUInt8(colourType, 9);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND')]);
}

function chunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const content = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}

/** A grey baseline JPEG (ITU-T T.81), a block of 8 by 8 pixels a square: of each block its mean alone is needed. */
export function jpegOf({ width, height, isDark }: Squares): Buffer {
  const quantization = [0x00, ...new Array<number>(64).fill(8)];
  const frame = [8, (height * 8) >> 8, (height * 8) & 255, (width * 8) >> 8, (width * 8) & 255, 1, 1, 0x11, 0];
  const lengths = (counts: Record<number, number>) => Array.from({ length: 16 }, (_, index) => counts[index + 1] ?? 0);
  // Means: twelve categories of four bits. The rest of a block: one code, its end.
  const means = [0x00, ...lengths({ 4: 12 }), ...Array.from({ length: 12 }, (_, category) => category)];
  const rest = [0x10, ...lengths({ 1: 1 }), 0x00];
  let [bits, last] = ['', 0];
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const mean = isDark(x, y) ? -128 : 127;
      const difference = mean - last;
      last = mean;
      const category = difference === 0 ? 0 : Math.abs(difference).toString(2).length;
      const code = difference < 0 ? difference + 2 ** category - 1 : difference;
      bits += category.toString(2).padStart(4, '0');
      if (category > 0) bits += code.toString(2).padStart(category, '0');
      bits += '0';
    }
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '1'), 2));
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, quantization),
    ...segment(0xc0, frame),
    ...segment(0xc4, means),
    ...segment(0xc4, rest),
    ...segment(0xda, [1, 1, 0x00, 0, 63, 0]),
    ...bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0x00] : [byte])),
    ...[0xff, 0xd9],
  ]);
}

function segment(marker: number, content: number[]): number[] {
  const length = content.length + 2;
  return [0xff, marker, length >> 8, length & 255, ...content];
}
