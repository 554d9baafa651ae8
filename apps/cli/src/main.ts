import { CommanderError } from 'commander';
import { describeError, exitCodeOf } from './errors.js';
import { createProgram } from './program.js';

const interruptedExitCode = 130;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stopping.abort(new Error(signal)));
}
// A reader that has seen enough, as `head` has, is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

try {
  await createProgram({ stdout: process.stdout, stderr: process.stderr, signal: stopping.signal }).parseAsync();
} catch (error) {
  if (stopping.signal.aborted) {
    process.exitCode = interruptedExitCode;
  } else {
    process.exitCode = exitCodeOf(error);
    const isHelp = error instanceof CommanderError && /^commander\.(help|version)/.test(error.code);
    // Not by way of the program: it may be the command line itself that could not be read.
    if (!isHelp) process.stderr.write(`${describeError(error, process.argv.includes('--json'))}\n`);
  }
}
