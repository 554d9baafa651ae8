// @ts-check
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { Interrupted } from './output.mjs';
import { identify, signalProcess } from './processes.mjs';

const mostKept = 200_000;

/**
 * Runs a program to its end. It leads a process group of its own, so that Ctrl-C reaches it only through `signal`, which ends
 * it and all it started.
 * @param {string} program
 * @param {string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {NodeJS.ProcessEnv} options.environment all of it: nothing is inherited
 * @param {AbortSignal | undefined} options.signal
 * @param {import('./server-account.mjs').ServerAccount} [options.account]
 * @param {(identity: import('./processes.mjs').Identity) => void} [options.onStart]
 * @param {(line: string) => void} [options.onLine] gets each line of its output and errors as it comes
 * @returns {Promise<{ code: number | null, ended: string, said: string }>} `ended` says how, for a person; `said` is the end of
 *   what it printed
 */
export function runProgram(program, args, { cwd, environment, signal, account, onStart, onLine }) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return void reject(new Interrupted());
    const child = spawn(program, args, {
      ...account,
      cwd,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity) onStart?.(identity);
    const interrupt = () => {
      if (!identity) return;
      signalProcess(identity, 'SIGTERM', { group: true });
      setTimeout(() => signalProcess(identity, 'SIGKILL', { group: true }), 5_000).unref();
    };
    signal?.addEventListener('abort', interrupt, { once: true });

    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      let half = '';
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        said = (said + text).slice(-mostKept);
        if (!onLine) return;
        const lines = (half + text).split(/\r?\n|\r/);
        half = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') onLine(stripVTControlCharacters(line));
      });
    }
    const settle = () => signal?.removeEventListener('abort', interrupt);
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, killedBy) => {
      settle();
      if (signal?.aborted) reject(new Interrupted());
      else resolve({ code, ended: killedBy ?? `exit code ${code}`, said });
    });
  });
}

/**
 * The end of a long text, for an error.
 * @param {string} text
 * @param {number} [lines]
 */
export function tail(text, lines = 30) {
  const plain = stripVTControlCharacters(text).replaceAll('\r', '');
  return plain.trimEnd().split('\n').slice(-lines).join('\n');
}
