import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { extractLine } from './extract-lines.js';

/**
 * Messages as JSON lines from standard input, answers as JSON lines to standard output, in order, one by one.
 * A line that cannot be read is reported on standard error with its number; the others are still answered, and the
 * exit code is 1 at the end.
 */
let number = 0;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  number++;
  const content = number === 1 ? line.replace(/^\ufeff/, '') : line;
  if (content.trim() === '') continue;
  const result = extractLine(content);
  if ('problem' in result) {
    process.stderr.write(`line ${number}: ${result.problem}\n`);
    process.exitCode = 1;
  } else if (!process.stdout.write(`${result.answer}\n`)) {
    await once(process.stdout, 'drain');
  }
}
