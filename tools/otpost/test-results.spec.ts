import { describe, expect, it } from '@jest/globals';
import { resultOf } from './jest.mjs';
import { countsLine, failIfEmpty, nothingYet, sum } from './test-results.mjs';

describe('the counts of a run', () => {
  it('are summed over suites, skipped ones named only when there are some', () => {
    const one = { passed: 3, failed: 0, skipped: 0, failures: [] };
    expect(countsLine(sum([one, one]))).toBe('6 passed, 0 failed');
    expect(countsLine(sum([one, { ...one, failed: 1, skipped: 2 }]))).toBe('6 passed, 1 failed, 2 skipped');
  });

  it('have a failure where nothing ran', () => {
    expect(failIfEmpty(nothingYet()).failed).toBe(1);
    expect(failIfEmpty({ passed: 0, failed: 0, skipped: 7, failures: [] }).failed).toBe(1);
  });

  it('have a failure for a file that could not be loaded', () => {
    const report = {
      numPassedTests: 2,
      numFailedTests: 0,
      numPendingTests: 1,
      numTodoTests: 1,
      numRuntimeErrorTestSuites: 1,
      testResults: [{ name: '/x/broken.spec.ts', status: 'failed', message: 'SyntaxError' }],
    };
    expect(resultOf(report)).toEqual({
      passed: 2,
      failed: 1,
      skipped: 2,
      failures: [{ title: '/x/broken.spec.ts', text: 'SyntaxError' }],
    });
  });
});
