import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { keyProviderVariables } from './config-key-providers.js';
import { ConfigError, environmentExample, loadConfig, loadVariables } from './config.js';

const key = '0123456789abcdef'.repeat(4);
const dispatcher = {
  OTPOST_SERVICE_PORT: '4000',
  DATABASE_URL: 'postgresql://otpost_dispatcher:hunter2@127.0.0.1/otpost',
  REDIS_URL: 'redis://:hunter2@127.0.0.1:6379',
  OTPOST_TRANSPORT_KEY: key,
};

function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig('dispatcher', environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('parses a full environment and fills in defaults', () => {
    const config = loadConfig('dispatcher', dispatcher);
    expect(config.OTPOST_SERVICE_PORT).toBe(4000);
    expect(config.OTPOST_BIND).toBe('127.0.0.1');
    expect(config.OTPOST_TRANSPORT_KEY.reveal()).toBe(key);
  });

  it('prints no secret', () => {
    const printed =
      inspect(loadConfig('dispatcher', dispatcher)) + JSON.stringify(loadConfig('dispatcher', dispatcher));
    expect(printed).not.toContain('hunter2');
    expect(printed).not.toContain(key);
  });

  it('names every variable at fault and none of their values', () => {
    const problems = problemsOf({
      ...dispatcher,
      OTPOST_SERVICE_PORT: 'seven',
      OTPOST_TRANSPORT_KEY: 'hunter2',
      REDIS_URL: '',
    });
    expect(problems).toHaveLength(3);
    expect(problems.join()).toMatch(/OTPOST_SERVICE_PORT.*REDIS_URL is not set.*OTPOST_TRANSPORT_KEY/);
    expect(problems.join()).not.toMatch(/seven|hunter2/);
  });

  it('says what is wrong with a Redis URL without its password', () => {
    const problems = problemsOf({ ...dispatcher, REDIS_URL: 'redis+cluster://:hunter2@a:1,b:1/7' });
    expect(problems).toEqual(['REDIS_URL: a cluster has only the database 0']);
  });

  it('reads a secret from the file that its _FILE variable names', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'otpost-config-')), 'transport.key');
    writeFileSync(path, `${key}\n`);
    const { OTPOST_TRANSPORT_KEY: _, ...rest } = dispatcher;
    expect(loadConfig('dispatcher', { ...rest, OTPOST_TRANSPORT_KEY_FILE: path }).OTPOST_TRANSPORT_KEY.reveal()).toBe(
      key,
    );
    expect(problemsOf({ ...rest, OTPOST_TRANSPORT_KEY_FILE: '/nowhere' })).toEqual([
      'OTPOST_TRANSPORT_KEY_FILE: cannot be read (ENOENT)',
    ]);
  });
});

describe('OTPOST_WEBHOOK_ALLOW_CIDRS', () => {
  it('is a list of blocks and addresses', () => {
    const text = '127.0.0.0/8, 10.1.2.3,fd12::/48';
    expect(
      loadConfig('dispatcher', { ...dispatcher, OTPOST_WEBHOOK_ALLOW_CIDRS: text }).OTPOST_WEBHOOK_ALLOW_CIDRS,
    ).toEqual([
      { address: '127.0.0.0', family: 'ipv4', prefixLength: 8 },
      { address: '10.1.2.3', family: 'ipv4', prefixLength: 32 },
      { address: 'fd12::', family: 'ipv6', prefixLength: 48 },
    ]);
  });

  it.each(['localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/8;', 'fd00::/129'])(
    'cannot be %s',
    (text) => {
      expect(problemsOf({ ...dispatcher, OTPOST_WEBHOOK_ALLOW_CIDRS: text })).toHaveLength(1);
    },
  );
});

describe('loadVariables', () => {
  it('asks for the named variables alone', () => {
    const environment = { ...dispatcher, DATABASE_OWNER_URL: 'postgresql://owner:hunter2@127.0.0.1/otpost' };
    const { DATABASE_OWNER_URL } = loadVariables('vault', ['DATABASE_OWNER_URL'], environment);
    expect(DATABASE_OWNER_URL.reveal()).toBe(environment.DATABASE_OWNER_URL);
    expect(() => loadVariables('vault', ['OTPOST_HOOK_KEY'], environment)).toThrow('OTPOST_HOOK_KEY is not set');
  });
});

describe('the variables of the key providers', () => {
  const read = (environment: Record<string, string>) => loadVariables('vault', keyProviderVariables, environment);

  it('mean the keyring unless they say otherwise', () => {
    expect(read({})).toEqual({ OTPOST_KEY_PROVIDER: 'local', OTPOST_TRANSIT_MOUNT: 'transit' });
  });

  it('name providers that exist, and keys by their full names', () => {
    const others = read({ OTPOST_OTHER_KEY_PROVIDERS: 'local, gcp-kms' }).OTPOST_OTHER_KEY_PROVIDERS;
    expect(others).toEqual(['local', 'gcp-kms']);
    expect(read({ OTPOST_TRANSIT_MOUNT: '/team/transit/' }).OTPOST_TRANSIT_MOUNT).toBe('team/transit');
    for (const wrong of [
      { OTPOST_KEY_PROVIDER: 'azure' },
      { OTPOST_OTHER_KEY_PROVIDERS: 'local,azure' },
      { OTPOST_AWS_KMS_KEY: 'alias/otpost' },
      { OTPOST_GCP_KMS_KEY: 'kek' },
      { OTPOST_TRANSIT_URL: 'vault.example.com' },
      { OTPOST_TRANSIT_MOUNT: '../sys' },
      { OTPOST_TRANSIT_TOKEN: 'two words' },
    ])
      expect(() => read(wrong)).toThrow(Object.keys(wrong)[0]);
  });
});

describe('environmentExample', () => {
  it('names every variable once', () => {
    const names = [...environmentExample().matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(names).toContain('OTPOST_KEYRING_FILE');
    expect(new Set(names).size).toBe(names.length);
  });
});
