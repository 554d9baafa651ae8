import base from '../jest.config.js';

/**
 * One system is started before all files and shared by them; files run one after the other, the canary test last.
 * Run by `./otpost test e2e [pattern]`.
 */
export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/**/*.spec.ts'],
  globalSetup: '<rootDir>/global-setup.mjs',
  globalTeardown: '<rootDir>/global-teardown.mjs',
  testSequencer: '<rootDir>/canary-last.mjs',
  testTimeout: 60_000,
};
