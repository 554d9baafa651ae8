import { afterAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFlags } from './flags.mjs';
import { Follower, lastLines } from './log-files.mjs';
import { readable, timeOf } from './log-lines.mjs';

const folder = mkdtempSync(join(tmpdir(), 'otpost-logs-'));
const path = join(folder, 'vault.log');
afterAll(() => rmSync(folder, { recursive: true }));

describe('a log', () => {
  it('is followed in whole lines, and from its start after it was emptied', () => {
    writeFileSync(path, 'before\n');
    const follower = new Follower(path, { fromEnd: true });
    appendFileSync(path, 'one\ntw');
    expect(follower.read()).toEqual(['one']);
    appendFileSync(path, 'o\n');
    expect(follower.read()).toEqual(['two']);
    writeFileSync(path, 'new\n');
    expect(follower.read()).toEqual(['new']);
  });

  it('gives its last lines since a start, none when it is not there', () => {
    writeFileSync(path, 'old\nfirst\nsecond\nthird\n');
    expect(lastLines(path, 2)).toEqual(['second', 'third']);
    expect(lastLines(path, 9, 'old\n'.length)).toEqual(['first', 'second', 'third']);
    expect(lastLines(join(folder, 'none.log'), 5)).toEqual([]);
  });
});

describe('a line', () => {
  const line =
    '{"level":"info","time":"2026-03-01T10:20:30.456Z","service":"vault","event":"rpc.done","ms":3,"of":"a b"}';

  it('is shown as time, level, event and facts when it is JSON of ours, else as it is', () => {
    expect(readable(line)).toBe('10:20:30.456 info  rpc.done ms=3 of="a b"');
    expect(readable('{ broken')).toBe('{ broken');
    expect(readable('plain')).toBe('plain');
  });

  it('has a time, whoever wrote it', () => {
    const time = Date.UTC(2026, 2, 1, 10, 20, 30, 456);
    expect(timeOf(line)).toBe(time);
    expect(timeOf('2026-03-01 10:20:30.456 UTC [12] LOG:  ready')).toBe(time);
    expect(timeOf('99:M 01 Mar 2026 10:20:30.456 * Ready')).toBe(time);
    expect(timeOf('    at stack')).toBeUndefined();
  });
});

describe('the options of a command', () => {
  const known = { follow: ['-f', '--follow'], lines: ['-n', '--lines'] };
  const parse = (args: string[]) => parseFlags('logs', args, known, { withValue: ['lines'], words: 1 });

  it('are read in any order and spelling', () => {
    const expected = { flags: { follow: 'yes', lines: '20' }, words: ['vault'] };
    expect(parse(['-n', '20', 'vault', '-f'])).toEqual(expected);
    expect(parse(['--follow', '--lines=20', 'vault'])).toEqual(expected);
  });

  it('are refused by name when they are not known or lack a value', () => {
    expect(() => parse(['--colour'])).toThrow('"logs" does not know "--colour"');
    expect(() => parse(['vault', 'gateway'])).toThrow('"logs" does not know "gateway"');
    expect(() => parse(['-n'])).toThrow('-n needs a value');
  });
});
