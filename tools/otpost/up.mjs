// @ts-check
import { detach, waitForOther } from './detach.mjs';
import { Home } from './home.mjs';
import { readable } from './log-lines.mjs';
import { followLogs } from './logs.mjs';
import { indent, outputTo, surviveClosedPipe, UserError } from './output.mjs';
import { parseFlags } from './flags.mjs';
import { serviceNames } from './services.mjs';
import { onSignal } from './signals.mjs';
import { summary } from './summary.mjs';
import { howItEnded } from './supervisor.mjs';
import { System } from './system.mjs';

/**
 * `./otpost up [--detach]`
 * @param {string[]} args
 */
export async function up(args) {
  // --supervised is what `up --detach` starts in the background: it neither prints keys nor follows logs.
  const { flags } = parseFlags('up', args, { detach: ['-d', '--detach'], supervised: ['--supervised'] });
  surviveClosedPipe(process.stdout);
  surviveClosedPipe(process.stderr);
  const home = Home.fromEnvironment();
  const running = flags.supervised ? undefined : home.running();
  if (running?.phase === 'stopping') {
    throw new UserError(`otpost (pid ${running.supervisor.pid}) is just stopping: try again in a moment.`);
  }
  if (running) return waitForOther(home, running);
  return flags.detach ? detach(home) : supervise(home, { inBackground: Boolean(flags.supervised) });
}

/**
 * Starts a system and stays with it until a signal ends it.
 * @param {Home} home
 * @param {{ inBackground: boolean }} options
 */
async function supervise(home, { inBackground }) {
  const started = performance.now();
  const system = new System({ home, output: outputTo(process.stdout), onCrash: tellCrash });
  const stopped = stopOnSignal(system);
  process.stdout.write(
    `otpost ${inBackground ? `up in the background (pid ${process.pid}), ${new Date().toISOString()}` : 'up'}\n`,
  );
  try {
    await system.start();
  } catch (error) {
    if (/** @type {Error} */ (error).name !== 'Interrupted') throw error;
    process.stdout.write('otpost: stopped.\n');
    return 130;
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  if (inBackground) {
    process.stdout.write(`otpost is ready after ${seconds} s.\n`);
    const code = await stopped;
    process.stdout.write('otpost: stopped.\n');
    return code;
  }
  process.stdout.write(`${summary(home, system.urls, seconds)}\n\nCtrl-C stops everything. The services' logs:\n`);
  const stopFollowing = followLogs(
    system.supervisor.processes
      .filter(({ plan }) => serviceNames.some((name) => name === plan.service))
      .map(({ plan }) => ({ name: plan.name, path: plan.logFile })),
    process.stdout,
  );
  const code = await stopped;
  stopFollowing();
  process.stdout.write('otpost: stopped.\n');
  return code;
}

/**
 * The first signal stops everything in order, the second at once.
 * @param {System} system
 * @returns {Promise<number>} the exit code, when all is stopped
 */
function stopOnSignal(system) {
  return new Promise((resolve, reject) => {
    let signals = 0;
    const stop = (/** @type {NodeJS.Signals} */ signal) => {
      signals++;
      if (signals === 1) {
        process.stdout.write(
          `\notpost: stopping${signal === 'SIGINT' ? '; Ctrl-C again kills what is still running' : ''}.\n`,
        );
        system.stop().then(() => resolve(0), reject);
      } else if (signals === 2) {
        process.stdout.write('\notpost: killing what is still running.\n');
        system.kill().catch(reject);
      }
    };
    onSignal(stop);
  });
}

/** @param {import('./managed-process.mjs').Crash} crash */
function tellCrash({ name, code, signal, restartMs, lines }) {
  const again = restartMs === undefined ? '' : ` Starting it again in ${restartMs / 1_000} s.`;
  process.stderr.write(`otpost: ${name} ended by itself (${howItEnded({ code, signal })}).${again} Its last lines:\n`);
  process.stderr.write(`${indent(lines.map(readable).join('\n') || '(none)')}\n`);
}
