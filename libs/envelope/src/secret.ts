import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A value that must not be printed by accident: a code, a password, a token, a seed.
 *
 * Redaction is by type, so it does not depend on what a field is called. Every implicit way out (template strings,
 * JSON, `console.log`, pino, `util.inspect`, `structuredClone`, spreading) gives `[redacted]` or nothing; the one way
 * to the value is `reveal()`, which is easy to find in review.
 *
 * It is no protection from a debugger or a core dump, and it does not erase the value from memory.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Call it where the value is used, not where it is passed on. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
