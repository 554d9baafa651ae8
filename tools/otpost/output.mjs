// @ts-check

/** Something the person at the keyboard can act on: printed as it is, without a stack. */
export class UserError extends Error {
  /**
   * @param {string} message one line: what is wrong and what to do
   * @param {string} [details] longer text below it, such as the last lines of a log
   */
  constructor(message, details) {
    super(message);
    this.name = 'UserError';
    this.details = details;
  }
}

/** Thrown by a step that was interrupted by Ctrl-C or SIGTERM: not an error worth words. */
export class Interrupted extends UserError {
  constructor() {
    super('interrupted.');
    this.name = 'Interrupted';
  }
}

/**
 * Prints an error for a person: a sentence for what they can act on, the stack for what is a bug of ours.
 * @param {unknown} error
 */
export function report(error) {
  const { name, message, stack, details } = /** @type {Partial<UserError>} */ (error ?? {});
  if (name === 'Interrupted') return;
  if (name === 'UserError') {
    process.stderr.write(`otpost: ${message}\n`);
    if (details) process.stderr.write(`${indent(details)}\n`);
  } else {
    process.stderr.write(`otpost: ${stack ?? message ?? String(error)}\n`);
  }
}

/**
 * Runs one step and shows that it lives: a line whenever nothing was said for a few seconds, then its outcome and time.
 * @template T
 * @param {Output} output
 * @param {string} title such as `dependencies`
 * @param {() => Promise<T>} work
 * @param {(result: T) => string | undefined} [outcome] what to say at the end; `undefined` says only the time
 * @returns {Promise<T>}
 */
export async function step(output, title, work, outcome = () => undefined) {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  const heartbeat = setInterval(() => {
    if (output.silentSeconds() >= 3) output.line(`${title.padEnd(14)}working, ${seconds().toFixed(0)} s`);
  }, 1_000);
  try {
    const result = await work();
    output.line(
      `${title.padEnd(14)}${outcome(result) ?? 'done'}${seconds() < 0.5 ? '' : ` (${seconds().toFixed(1)} s)`}`,
    );
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Where a command's progress goes. Tests and benches give one that keeps quiet.
 * @typedef {{ line(text: string): void, silentSeconds(): number }} Output
 */

/**
 * Progress on a stream, each line indented. A reader that went away (`| head`) is no reason to stop.
 * @param {NodeJS.WriteStream} stream
 * @returns {Output}
 */
export function outputTo(stream) {
  surviveClosedPipe(stream);
  let lastAt = performance.now();
  return {
    line: (text) => {
      lastAt = performance.now();
      stream.write(`  ${text}\n`);
    },
    silentSeconds: () => (performance.now() - lastAt) / 1_000,
  };
}

/** @type {Output} */
export const quiet = { line: () => {}, silentSeconds: () => 0 };

/** @param {NodeJS.WriteStream} stream */
export function surviveClosedPipe(stream) {
  if (stream.listenerCount('error') > 0) return;
  stream.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

/** @param {string} text */
export function indent(text) {
  return text.replace(/^(?=.)/gm, '  | ');
}
