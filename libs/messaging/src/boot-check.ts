/** Thrown before an app starts whose handlers are not those its contracts ask for. */
export class BootCheckError extends Error {
  constructor(problems: readonly string[]) {
    super(`handlers and contracts do not agree:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'BootCheckError';
  }
}

/**
 * Every declared name has exactly one handler, and every handler a declared name. `what` says what is named: 'pattern', 'queue'.
 * `handled` has one entry per handler. Throws `BootCheckError` with all that is wrong.
 */
export function checkHandlers(what: string, declared: readonly string[], handled: readonly string[]): void {
  const problems: string[] = [];
  for (const name of repeated(declared)) problems.push(`${what} ${name} is declared more than once`);
  for (const name of new Set(declared)) if (!handled.includes(name)) problems.push(`${what} ${name} has no handler`);
  for (const name of repeated(handled)) problems.push(`${what} ${name} has more than one handler`);
  for (const name of new Set(handled))
    if (!declared.includes(name)) problems.push(`${what} ${name} is handled but not declared`);
  if (problems.length > 0) throw new BootCheckError(problems);
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
