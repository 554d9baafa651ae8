import { describe, expect, it } from '@jest/globals';
import { pngOf } from '../otp-secrets/testing/images.js';
import { readQrCodes } from '../otp-secrets/read-qr-codes.js';
import { drawQrCode } from './draw-qr-code.js';

describe('drawQrCode', () => {
  it('draws what a reader reads', async () => {
    const text = 'otpauth://totp/otpost:dana%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=otpost';
    const rows = await drawQrCode(text);
    const quiet = 4;
    const size = rows.length + 2 * quiet;
    const isDark = (x: number, y: number) => rows[y - quiet]?.[x - quiet] === '1';
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([rows.length]));
    expect(await readQrCodes(pngOf({ width: size, height: size, isDark }))).toEqual({ texts: [text] });
  });
});
