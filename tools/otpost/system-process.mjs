// @ts-check
// Runs one throw-away system for a test, in a process of its own, and takes its orders by IPC. When the test's process ends,
// however, so does the system.
import { Home } from './home.mjs';

import { describeSystem, testSystem } from './test-system.mjs';

/**
 * @typedef {{ id: number } & ({ do: 'start', home: string, environment: Record<string, string>, demo: boolean } |
 *   { do: 'kill', process: string, signal: NodeJS.Signals } | { do: 'stop' | 'begin', process: string } |
 *   { do: 'state' } | { do: 'end' })} Order
 */
/** @typedef {{ id: number, error: string } | { id: number, value: unknown }} Answer */

/** @type {import('./system.mjs').System | undefined} */
let system;

/**
 * @param {Order} order
 * @returns {Promise<unknown>}
 */
async function carryOut(order) {
  if (order.do === 'start') {
    system = testSystem(new Home(order.home), { environment: order.environment, demo: order.demo });
    await system.start();
    return describeSystem(system);
  }
  if (!system) throw new Error('the system was not started');
  const { supervisor } = system;
  switch (order.do) {
    case 'kill':
      return supervisor.find(order.process).signal(order.signal);
    case 'stop':
      return supervisor.find(order.process).stop();
    case 'begin': {
      const managed = supervisor.find(order.process);
      managed.start();
      return supervisor.allReady([managed], { timeoutSeconds: 60, signal: new AbortController().signal });
    }
    case 'state':
      return system.home.readState();
    case 'end':
      return system.stop();
  }
}

process.on('message', (/** @type {Order} */ order) => {
  carryOut(order).then(
    (value) => answer({ id: order.id, value }),
    (/** @type {Error & { details?: string }} */ { message, details }) =>
      answer({ id: order.id, error: details ? `${message}\n${details}` : message }),
  );
});
process.on('disconnect', () => void end());
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => void end());

async function end() {
  await system?.stop();
  process.exit(0);
}

/** @param {Answer} message */
function answer(message) {
  if (process.connected) process.send?.(message);
}
