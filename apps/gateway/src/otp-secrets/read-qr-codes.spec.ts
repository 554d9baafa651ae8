import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { mostPixels, readQrCodes } from './read-qr-codes.js';
import { beside, jpegOf, packPng, pngOf, qrCode, type Squares } from './testing/images.js';

const link = 'otpauth://totp/Example:alice@example.com?secret=GEZDGNBVGY3TQOJQ&issuer=Example';
let code: Squares;
beforeAll(async () => {
  code = await qrCode(link);
});

describe('readQrCodes', () => {
  it('reads a QR code from a PNG and from a JPEG', async () => {
    expect(await readQrCodes(pngOf(code))).toEqual({ texts: [link] });
    expect(await readQrCodes(jpegOf(code))).toEqual({ texts: [link] });
  });

  it('reads the large code of an export of many accounts', async () => {
    const exported = `otpauth-migration://offline?data=${encodeURIComponent(randomBytes(900).toString('base64'))}`;
    expect(await readQrCodes(pngOf(await qrCode(exported), 4))).toEqual({ texts: [exported] });
  });

  it('reads a light code on dark, as in dark mode, and one that is turned', async () => {
    const { width, height, isDark } = code;
    expect(await readQrCodes(pngOf({ width, height, isDark: (x, y) => !isDark(x, y) }))).toEqual({ texts: [link] });
    expect(await readQrCodes(pngOf({ width, height, isDark: (x, y) => isDark(y, width - 1 - x) }))).toEqual({
      texts: [link],
    });
  });

  it('finds each of several, and none where there is none', async () => {
    const two = await readQrCodes(pngOf(beside(code, await qrCode('another'))));
    expect('texts' in two && [...two.texts].sort()).toEqual(['another', link]);
    expect(await readQrCodes(pngOf({ width: 40, height: 40, isDark: () => false }))).toEqual({ texts: [] });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from(link)],
    ['a GIF, which the decoder would take', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1')],
    ['the beginning of a PNG alone', Buffer.from('89504e470d0a1a0a0000', 'hex')],
    ['the beginning of a JPEG alone', Buffer.from('ffd8ffe00010', 'hex')],
    ['noise', randomBytes(10_000)],
  ])('takes %s for no image', async (_, bytes) => {
    expect(await readQrCodes(bytes)).toEqual({ refusal: 'no_image' });
  });

  it('decodes no image with more pixels than a photograph, whatever its size in bytes', async () => {
    const rows = new Uint8Array(10);
    for (const [width, height] of [
      [10_000, 5_000],
      [2 ** 31 - 1, 2 ** 31 - 1],
      [1, mostPixels + 1],
    ] as const)
      expect(await readQrCodes(packPng({ width, height, rows }))).toEqual({ refusal: 'too_many_pixels' });
    const jpeg = jpegOf(code);
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.writeUInt16BE(65_535, frame + 5);
    jpeg.writeUInt16BE(65_535, frame + 7);
    expect(await readQrCodes(jpeg)).toEqual({ refusal: 'too_many_pixels' });
  });

  it('unpacks a PNG no further than its pixels go', async () => {
    const bomb = packPng({ width: 100, height: 100, rows: Buffer.alloc(50_000_000) });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await readQrCodes(bomb)).toEqual({ refusal: 'damaged' });
  });

  it('takes what was cut short, or changed, for damaged', async () => {
    const png = pngOf(code);
    for (const length of [40, 100, png.length - 40])
      expect(await readQrCodes(png.subarray(0, length))).toEqual({ refusal: 'damaged' });
    expect(await readQrCodes(packPng({ width: 0, height: 10, rows: new Uint8Array(10) }))).toEqual({
      refusal: 'damaged',
    });
    expect(await readQrCodes(packPng({ width: 100, height: 100, rows: new Uint8Array(50) }))).toEqual({
      refusal: 'damaged',
    });
    const changed = Buffer.from(png).fill(0x55, 60, 90);
    expect(await readQrCodes(changed)).toEqual({ refusal: 'damaged' });
  });

  it('ends with an answer whatever bytes follow the beginning of an image', async () => {
    const [png, jpeg] = [pngOf(code, 2), jpegOf(code)];
    for (let round = 0; round < 60; round += 1) {
      const bytes = Buffer.from(round % 2 === 0 ? png : jpeg);
      for (let change = 0; change < 5; change += 1)
        bytes[8 + Math.floor(Math.random() * (bytes.length - 8))] = Math.floor(Math.random() * 256);
      const findings = await readQrCodes(bytes);
      expect('texts' in findings || 'refusal' in findings).toBe(true);
    }
  });
});
