import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLock } from './lock.mjs';
import { endProcess, identify, isAlive, self } from './processes.mjs';

describe('a process', () => {
  it('is known by pid and start time, so that a reused pid is not taken for it', () => {
    expect(isAlive(self())).toBe(true);
    expect(isAlive({ pid: process.pid, started: 'earlier' })).toBe(false);
  });

  it('is gone once it has ended, and is killed when it does not listen', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.stdout.write('up')";
    const child = spawn(process.execPath, ['-e', stubborn], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const identity = identify(child.pid ?? 0);
    if (!identity) throw new Error('it is not there');
    await endProcess(identity, { timeoutMs: 200 });
    expect(isAlive(identity)).toBe(false);
    expect(identify(child.pid ?? 0)).toBeUndefined();
  });
});

describe('a lock', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otpost-lock-'));
  const path = join(folder, 'up.lock');

  it('has one holder, is taken over from a dead one, and is free after release', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'of a process that had this pid before' }));
    const first = tryLock(path);
    expect(first).toHaveProperty('release');
    expect(tryLock(path)).toEqual({ holder: self() });
    if ('release' in first) first.release();
    expect(tryLock(path)).toHaveProperty('release');
    rmSync(folder, { recursive: true });
  });
});
