import { writeFileSync } from 'node:fs';
import type { Squares } from '../apps/gateway/src/otp-secrets/testing/images.js';

const width = 640;
const height = 480;

/**
 * Makes a film for Chromium's fake camera (YUV4MPEG2, 4:2:0) that shows nothing for a while, and then a QR code in the middle of a grey
 * wall.
 *
 * @returns the arguments that Chromium is launched with
 */
export function fakeCamera(file: string, squares: Squares): string[] {
  const colourless = Buffer.alloc((width / 2) * (height / 2) * 2, 128);
  const frame = (light: (x: number, y: number) => number) => {
    const lights = Buffer.alloc(width * height);
    for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) lights[y * width + x] = light(x, y);
    return [Buffer.from('FRAME\n'), lights, colourless];
  };
  const scale = Math.floor((height - 40) / squares.height);
  const [left, top] = [(width - squares.width * scale) / 2, (height - squares.height * scale) / 2];
  const code = frame((x, y) => {
    const [column, row] = [Math.floor((x - left) / scale), Math.floor((y - top) / scale)];
    const isInside = column >= 0 && row >= 0 && column < squares.width && row < squares.height;
    return isInside ? (squares.isDark(column, row) ? 20 : 230) : 130;
  });
  const wall = frame(() => 130);
  const header = Buffer.from(`YUV4MPEG2 W${width} H${height} F5:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(file, Buffer.concat([header, ...wall, ...wall, ...code, ...code, ...code, ...code]));
  return [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ];
}
