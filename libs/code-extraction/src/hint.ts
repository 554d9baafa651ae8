import { RE2JS } from 're2js';
import type { CodeHint } from './message.js';

/**
 * Checks a hint's pattern before it is stored. RE2 syntax, at most 256 characters, no group or class that would make
 * a program too large to run on every message.
 *
 * @returns why the pattern cannot be used, or undefined when it can
 */
export function hintPatternProblem(pattern: string): string | undefined {
  if (pattern.length > longestPattern) return `a pattern has at most ${longestPattern} characters`;
  try {
    const size = RE2JS.compile(pattern).programSize();
    return size > largestProgram ? 'the pattern is too complex' : undefined;
  } catch {
    return 'the pattern is not valid RE2 syntax';
  }
}

/** Whether a code has the length and the alphabet that the hint asks for. Undefined where the hint does not say. */
export function fitOf(hint: CodeHint, code: string): { length?: boolean; alphabet?: boolean } {
  const bare = code.replaceAll('-', '');
  return {
    ...(hint.length === undefined ? {} : { length: bare.length === hint.length || code.length === hint.length }),
    ...(hint.alphabet === undefined ? {} : { alphabet: alphabets[hint.alphabet].test(bare) }),
  };
}

/** What the hint's pattern finds in the text: its first group, or the whole match. Linear time; 8 kB are read. */
export function findByPattern(hint: CodeHint, text: string): string | undefined {
  const compiled = hint.pattern === undefined ? undefined : compile(hint.pattern);
  if (compiled === undefined) return undefined;
  const matcher = compiled.matcher(text.slice(0, patternReach));
  if (!matcher.find()) return undefined;
  const found = (matcher.groupCount() > 0 ? matcher.group(1) : null) ?? matcher.group(0);
  return found === null || found.trim() === '' || found.length > 64 ? undefined : found.trim();
}

const longestPattern = 256;
const largestProgram = 2000;
const patternReach = 8 * 1024;
const mostCompiled = 256;
const alphabets = { digits: /^\d+$/, letters: /^[A-Za-z]+$/, alphanumeric: /^[A-Za-z0-9]+$/ };

/** Compiled patterns by their text, oldest out first. */
const compiledPatterns = new Map<string, RE2JS | undefined>();

function compile(pattern: string): RE2JS | undefined {
  if (compiledPatterns.has(pattern)) return compiledPatterns.get(pattern);
  const compiled = hintPatternProblem(pattern) === undefined ? RE2JS.compile(pattern) : undefined;
  const oldest = compiledPatterns.keys().next().value;
  if (compiledPatterns.size >= mostCompiled && oldest !== undefined) compiledPatterns.delete(oldest);
  compiledPatterns.set(pattern, compiled);
  return compiled;
}
