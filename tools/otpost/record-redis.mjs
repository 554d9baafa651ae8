// @ts-check
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';

/**
 * Writes every command that Redis carries out to a file, until told to stop.
 * @param {string} redisUrl
 * @param {string} file
 * @returns {Promise<() => Promise<void>>} stops it
 */
export async function recordRedis(redisUrl, file) {
  const { hostname, port, password } = new URL(redisUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.write(`AUTH ${decodeURIComponent(password)}\r\nMONITOR\r\n`);
  const done = pipeline(socket, createWriteStream(file, { mode: 0o600 })).catch(() => {}); // Redis went away
  return async () => {
    socket.end();
    socket.destroy();
    await done;
  };
}
