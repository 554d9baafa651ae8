// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { parseFlags } from './flags.mjs';
import { Home } from './home.mjs';
import { endLeftovers } from './leftovers.mjs';
import { outputTo } from './output.mjs';
import { isAlive, signalProcess } from './processes.mjs';

/**
 * `./otpost down`
 * @param {string[]} args
 */
export async function down(args) {
  parseFlags('down', args, {});
  const stopped = await stopSystem(Home.fromEnvironment());
  process.stdout.write(stopped ? 'otpost: stopped.\n' : 'otpost: nothing is running.\n');
}

/**
 * Stops what runs in a home, in the foreground of another terminal or in the background.
 * @param {Home} home
 * @returns {Promise<boolean>} whether there was anything to stop
 */
export async function stopSystem(home) {
  const output = outputTo(process.stdout);
  const state = home.running();
  if (state) {
    const { supervisor } = state;
    output.line(`stopping (pid ${supervisor.pid})`);
    signalProcess(supervisor, 'SIGTERM');
    for (let waited = 0; isAlive(supervisor); waited += 100) {
      if (waited > 0 && waited % 3_000 === 0) output.line(`still stopping, ${waited / 1_000} s: ${stillRunning(home)}`);
      await sleep(100);
    }
  }
  const leftovers = await endLeftovers(home, output);
  return state !== undefined || leftovers;
}

/** @param {Home} home */
function stillRunning(home) {
  const processes = home.readState()?.processes ?? [];
  return (
    processes
      .filter(({ identity }) => isAlive(identity ?? undefined))
      .map(({ name }) => name)
      .join(', ') || 'cleaning up'
  );
}
