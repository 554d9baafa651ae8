// @ts-check
import { indent } from './output.mjs';

/**
 * What one suite came to. Lint counts as one test, and so does each program whose types are checked.
 * @typedef {object} SuiteResult
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {{ title: string, text: string }[]} failures
 */

/** @returns {SuiteResult} */
export function nothingYet() {
  return { passed: 0, failed: 0, skipped: 0, failures: [] };
}

/**
 * @param {SuiteResult[]} results
 * @returns {SuiteResult}
 */
export function sum(results) {
  return results.reduce(
    (total, { passed, failed, skipped, failures }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
      failures: [...total.failures, ...failures],
    }),
    nothingYet(),
  );
}

/**
 * A suite in which nothing ran has failed: it would hide everything it was meant to show.
 * @param {SuiteResult} result
 * @returns {SuiteResult}
 */
export function failIfEmpty(result) {
  if (result.passed + result.failed > 0) return result;
  return {
    ...result,
    failed: 1,
    failures: [{ title: 'ran no test', text: 'A suite without tests counts as failed.' }],
  };
}

/**
 * @param {string} title
 * @param {string} text
 * @returns {SuiteResult}
 */
export function failed(title, text) {
  return { passed: 0, failed: 1, skipped: 0, failures: [{ title, text }] };
}

/** @param {SuiteResult} result */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** @param {SuiteResult} result */
export function failureText({ failures }) {
  return failures.map(({ title, text }) => `${title}\n${indent(text.trimEnd())}\n`).join('\n');
}
