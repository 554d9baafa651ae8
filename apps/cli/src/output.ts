import type { Writable } from 'node:stream';

/** Where a command writes: answers to standard output, as text or JSON; what is said beside them to standard error, to people only. */
export class Output {
  constructor(
    private readonly stdout: Writable & { isTTY?: boolean },
    private readonly stderr: Writable,
    readonly isJson: boolean,
  ) {}

  /** The command's answer. */
  answer(json: unknown, text: string): void {
    if (this.isJson) this.stdout.write(`${JSON.stringify(json)}\n`);
    else if (text !== '') this.stdout.write(`${harmless(text)}\n`);
  }

  /** What a person wants to know, and a program that reads the answer must not see. */
  note(text: string): void {
    if (!this.isJson) this.stderr.write(`${harmless(text)}\n`);
  }

  /** The same, where a person reads the answer itself. */
  aside(text: string): void {
    if (this.stdout.isTTY === true) this.note(text);
  }
}

/** Names and answers come from outside: nothing that a terminal would obey gets through. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '');
}

/** Rows in columns, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => cell.replace(/[\n\t]/g, ' ')));
  const widths = clean.reduce<number[]>(
    (most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)),
    [],
  );
  return clean
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
