// @ts-check
import { rmSync } from 'node:fs';
import { endProcess, isAlive } from './processes.mjs';
import { edges } from './services.mjs';

/** @typedef {import('./home.mjs').Home} Home */
/** @typedef {import('./home.mjs').ProcessState} ProcessState */

/**
 * Ends what a supervisor left running that was killed. A pid is believed only together with its start time.
 * @param {Home} home
 * @param {import('./output.mjs').Output} output
 * @returns {Promise<boolean>} whether there was anything to end
 */
export async function endLeftovers(home, output) {
  const state = home.readState();
  if (state === undefined) return false;
  const left = state.processes.filter(({ identity }) => isAlive(identity ?? undefined));
  if (left.length > 0) {
    output.line(`ending what a killed otpost left running: ${left.map(({ name }) => name).join(', ')}`);
    for (const wave of inOrderOfStop(left)) await Promise.all(wave.map(endOne));
  }
  rmSync(home.file('run.json'), { force: true });
  return left.length > 0;
}

/** @param {ProcessState} process */
async function endOne({ service, identity }) {
  if (!identity) return;
  if (service === 'postgres') await endProcess(identity, { signal: 'SIGINT', timeoutMs: 30_000 });
  else await endProcess(identity, { timeoutMs: 30_000 });
}

/** @param {ProcessState[]} processes */
function inOrderOfStop(processes) {
  const servers = ['redis', 'postgres'];
  return [
    processes.filter(({ service }) => edges.includes(service)),
    processes.filter(({ service }) => !edges.includes(service) && !servers.includes(service)),
    ...servers.map((server) => processes.filter(({ service }) => service === server)),
  ];
}
