// @ts-check
import { createConnection, createServer } from 'node:net';
import { UserError } from './output.mjs';

/**
 * Below the range from which Linux takes the ports of outgoing connections: a service that is started again finds its port
 * free.
 */
const lowest = 20_000;
const highest = 30_000;

/** Hands out ports that nobody listens on, none twice. */
export class Ports {
  /** @type {Set<number>} */
  #taken = new Set();
  #next = lowest + Math.floor(Math.random() * (highest - lowest));

  /** @param {string} host */
  async free(host = '127.0.0.1') {
    for (let tries = 0; tries < highest - lowest; tries++) {
      const port = this.#next;
      this.#next = port + 1 < highest ? port + 1 : lowest;
      if (this.#taken.has(port) || !(await isFree(port, host))) continue;
      this.#taken.add(port);
      return port;
    }
    throw new UserError(`no free port between ${lowest} and ${highest} on ${host}.`);
  }

  /**
   * The port that a variable names, or its default; 0 is any free one.
   * @param {{ variable: string, value: string | undefined, fallback: number, host: string }} wish
   * @returns {Promise<{ port: number, problem?: string }>} the problem is a line for a person
   */
  async wanted({ variable, value, fallback, host }) {
    const port = value === undefined || value === '' ? fallback : Number(value);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      return { port: 0, problem: `${variable}=${value} is not a port: use a number from 0 (any free port) to 65535.` };
    }
    if (port === 0) return { port: await this.free(host) };
    if (this.#taken.has(port)) return { port, problem: `${variable}=${port} is asked for twice: choose another port.` };
    this.#taken.add(port);
    const reason = await whyNotFree(port, host);
    if (reason === undefined) return { port };
    if (reason === 'EADDRINUSE') {
      const other = await this.free(host);
      return {
        port,
        problem: `port ${port} is taken by another program: set ${variable}, for example ${variable}=${other}.`,
      };
    }
    if (reason === 'EACCES') {
      return { port, problem: `port ${port} needs more rights than this user has: set ${variable} to one above 1023.` };
    }
    return { port, problem: `port ${port} on ${host} cannot be used (${reason}): set ${variable}, or OTPOST_BIND.` };
  }
}

/**
 * @param {number} port
 * @param {string} host
 */
export async function isFree(port, host) {
  return (await whyNotFree(port, host)) === undefined;
}

/**
 * Whether something accepts connections there.
 * @param {{ host: string, port: number, timeoutMs: number }} target
 * @returns {Promise<string | undefined>} the error code, or nothing when it answered
 */
export function whyNotReachable({ host, port, timeoutMs }) {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    /** @param {string} [reason] */
    const end = (reason) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => end('no answer'));
    socket.once('connect', () => end());
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) => end(error.code ?? error.message));
  });
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<string | undefined>}
 */
function whyNotFree(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code ?? 'error'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
