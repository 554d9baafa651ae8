/** The values that must not be printed. */
export { Secret } from './secret.js';
