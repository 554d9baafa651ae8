import { describe, expect, it } from '@jest/globals';
import { matches } from './install.mjs';
import { findRedis } from './redis.mjs';
import { installAdvice } from './redis-install.mjs';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const pg = { version: '8.0.0', integrity: 'sha512-a' };

describe('dependencies', () => {
  const lock = { packages: { '': {}, 'apps/vault': { version: '0.1.0' }, 'node_modules/pg': pg } };

  it('are there when npm recorded the very packages of the lock file', () => {
    expect(matches(lock, { packages: { 'node_modules/pg': pg } })).toBe(true);
  });

  it('are not there when one is missing, or another version or content', () => {
    expect(matches(lock, { packages: {} })).toBe(false);
    expect(matches(lock, { packages: { 'node_modules/pg': { ...pg, version: '8.0.1' } } })).toBe(false);
    expect(matches(lock, { packages: { 'node_modules/pg': { ...pg, integrity: 'sha512-b' } } })).toBe(false);
  });

  it('may lack what is for another platform', () => {
    const withOptional = { packages: { ...lock.packages, 'node_modules/pg-darwin': { ...pg, optional: true } } };
    expect(matches(withOptional, { packages: { 'node_modules/pg': pg } })).toBe(true);
  });
});

describe('Redis', () => {
  const apt = { program: 'apt-get', commands: [['apt-get', 'install', '-y', 'redis-server']], rootOnly: true };
  const brew = { program: 'brew', commands: [['brew', 'install', 'redis']], rootOnly: false };

  it('is installed by who may, and told in one line to who may not', () => {
    expect(installAdvice(apt, true)).toBeUndefined();
    expect(installAdvice(brew, false)).toBeUndefined();
    expect(installAdvice(apt, false)).toMatch(/Install it with: sudo apt-get install -y redis-server$/);
    expect(installAdvice(undefined, true)).toMatch(/or set REDIS_URL/);
  });

  it('is taken from PATH when it is new enough', () => {
    const folder = mkdtempSync(join(tmpdir(), 'otpost-redis-'));
    const server = (name: string, version: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\necho 'Server v=${version} sha=0'\n`);
      chmodSync(join(folder, name), 0o755);
    };
    server('redis-server', '6.0.16');
    expect(findRedis(folder, [])).toEqual({ tooOld: `${join(folder, 'redis-server')} is version 6.0.16` });
    server('valkey-server', '8.1.0');
    expect(findRedis(folder, [])).toEqual({ path: join(folder, 'valkey-server') });
    rmSync(folder, { recursive: true });
    expect(findRedis(folder, [])).toEqual({});
  });
});
