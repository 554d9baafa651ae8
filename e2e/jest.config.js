import base from '../jest.config.js';

/** Run by `./otpost test e2e [pattern]`, which starts the system that all files share. */
export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/**/*.spec.ts'],
  testTimeout: 60_000,
  testSequencer: '<rootDir>/longest-first.mjs',
};
