import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable, type Readable } from 'node:stream';
import { CliError } from './errors.js';

interface AskOptions {
  passwordFile: string | undefined;
  /** Then nothing can be asked there. */
  fileIsStdin: boolean;
  signal: AbortSignal;
}

/** From the file that was named, else from the terminal; null where there is neither. */
export function askPassword({
  passwordFile,
  fileIsStdin,
  signal,
}: AskOptions): (app: string) => Promise<string | null> {
  return async (app) => {
    if (passwordFile !== undefined) return readPasswordFile(passwordFile);
    const { stdin, stderr } = process;
    if (fileIsStdin || !stdin.isTTY || !stderr.isTTY) return null;
    return promptHidden(`Password of this ${app} export: `, { input: stdin, output: stderr, signal });
  };
}

/** Asks in a terminal. What is typed is not shown. */
export async function promptHidden(
  question: string,
  { input, output, signal }: { input: Readable; output: Writable; signal: AbortSignal },
): Promise<string> {
  output.write(question);
  // Readline shows what is typed by writing it; the question is shown already.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  // The terminal is the program's own now: it has to see to these two keys itself.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = once(lines, 'close').then(() => Promise.reject(new Error('closed')));
  try {
    return await Promise.race([lines.question('', { signal }), closed]);
  } catch (error) {
    throw signal.aborted ? error : new CliError('usage', 'no password was given');
  } finally {
    lines.close();
    output.write('\n');
  }
}

async function readPasswordFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new CliError('usage', `${path} cannot be read (${code})`);
  }
}
