// @ts-check
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseFlags } from './flags.mjs';
import { Home } from './home.mjs';
import { Follower, lastLines } from './log-files.mjs';
import { readable, timeOf } from './log-lines.mjs';
import { UserError } from './output.mjs';

/** @typedef {{ name: string, path: string }} Source one process's log */

const pollMs = 200;

/**
 * `./otpost logs [service] [-f] [-n lines] [--raw]`
 * @param {string[]} args
 */
export async function logs(args) {
  const known = { follow: ['-f', '--follow'], lines: ['-n', '--lines'], raw: ['--raw'] };
  const { flags, words } = parseFlags('logs', args, known, { withValue: ['lines'], words: 1 });
  const sources = sourcesOf(Home.fromEnvironment(), words[0]);
  const count = Number(flags.lines ?? 50);
  if (!Number.isInteger(count) || count < 0) throw new UserError('-n takes a number of lines.');
  const width = Math.max(...sources.map(({ name }) => name.length));
  const show = (/** @type {string} */ name, /** @type {string} */ line) =>
    process.stdout.write(flags.raw ? `${line}\n` : `${name.padEnd(width)}  ${readable(line)}\n`);

  // A reader that has seen enough (`| head`) ends us.
  process.stdout.on('error', () => process.exit(0));
  const followers = sources.map(({ name, path }) => ({ name, follower: new Follower(path, { fromEnd: true }) }));
  for (const { name, line } of inOrderOfTime(sources, count)) show(name, line);
  while (flags.follow) {
    for (const { name, follower } of followers) for (const line of follower.read()) show(name, line);
    await sleep(pollMs);
  }
}

/**
 * Writes what the processes log from now on, each line under its process's name.
 * @param {Source[]} sources
 * @param {NodeJS.WriteStream} stream
 * @returns {() => void} ends it, after the lines that are there
 */
export function followLogs(sources, stream) {
  const width = Math.max(...sources.map(({ name }) => name.length));
  const followers = sources.map(({ name, path }) => ({ name, follower: new Follower(path, { fromEnd: true }) }));
  const pass = () => {
    for (const { name, follower } of followers) {
      for (const line of follower.read()) stream.write(`${name.padEnd(width)}  ${readable(line)}\n`);
    }
  };
  const timer = setInterval(pass, pollMs);
  return () => {
    clearInterval(timer);
    pass();
  };
}

/**
 * @param {Home} home
 * @param {string | undefined} wanted a process, or a service with all its replicas
 * @returns {Source[]}
 */
function sourcesOf(home, wanted) {
  const names = logsIn(home);
  if (names.length === 0)
    throw new UserError(`there are no logs in ${home.path} yet. "./otpost up" starts the system.`);
  const chosen =
    wanted === undefined ? names : names.filter((name) => name.replace(/-\d+$/, '') === wanted || name === wanted);
  if (chosen.length === 0) throw new UserError(`there is no log of "${wanted}"; there are: ${names.join(', ')}.`);
  return chosen.map((name) => ({ name, path: home.logFile(name) }));
}

/** @param {Home} home */
function logsIn(home) {
  try {
    return readdirSync(home.file('logs'))
      .flatMap((file) => /^([a-z0-9-]+)\.log$/.exec(file)?.[1] ?? [])
      .sort();
  } catch {
    return [];
  }
}

/**
 * A line without a time belongs to the one before it.
 * @param {Source[]} sources
 * @param {number} count of the last lines of each
 */
function inOrderOfTime(sources, count) {
  const lines = sources.flatMap(({ name, path }) => {
    let time = 0;
    return (count === 0 ? [] : lastLines(path, count)).map((line) => {
      time = timeOf(line) ?? time;
      return { name, line, time };
    });
  });
  return lines.sort((one, other) => one.time - other.time).slice(-count * (sources.length > 1 ? 2 : 1));
}
