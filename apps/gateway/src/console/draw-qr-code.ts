import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A QR code as rows of 0 and 1, a digit a square, 1 dark; without its quiet zone. */
export async function drawQrCode(text: string): Promise<string[]> {
  const { writeBarcode } = await (writer ??= loadWriter());
  const { symbol, error } = await writeBarcode(text, { format: 'QRCode' });
  if (error !== '') throw new Error(error);
  const { data, width, height } = symbol;
  return Array.from({ length: height }, (_, row) =>
    Array.from(data.subarray(row * width, (row + 1) * width), (square) => (square === 0 ? '1' : '0')).join(''),
  );
}

let writer: Promise<typeof import('zxing-wasm/writer')> | undefined;

/** When somebody needs it, which at few gateways anybody does; from the package's own folder. */
async function loadWriter() {
  const module = await import('zxing-wasm/writer');
  const path = createRequire(import.meta.url).resolve('zxing-wasm/writer/zxing_writer.wasm');
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  module.prepareZXingModule({ overrides: { wasmBinary: buffer.slice(byteOffset, byteOffset + byteLength) } });
  return module;
}
