export { createTestDatabase } from './test-database.js';
export type { TestDatabase } from './test-database.js';
export { insertCredential, insertOtpSecret, insertWorkspace } from './rows.js';
export type { SeededWorkspace } from './rows.js';
