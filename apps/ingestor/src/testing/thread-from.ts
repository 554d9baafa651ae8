import { fileURLToPath } from 'node:url';
import type { ThreadSource } from '../workers/worker-pool.js';

/** A thread that runs a module of ours from its TypeScript source; relative to this folder. */
export function threadFrom(module: string): ThreadSource {
  const hooks = fileURLToPath(new URL('./register-typescript.mjs', import.meta.url));
  return { script: new URL(module, import.meta.url), execArgv: ['--import', hooks] };
}
