import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createProgram } from './program.js';

async function scriptFor(shell: string): Promise<string> {
  const stdout = new PassThrough();
  const surroundings = { stdout, stderr: new PassThrough(), signal: new AbortController().signal };
  await createProgram(surroundings).parseAsync(['node', 'otpost', 'completion', shell]);
  stdout.end();
  return text(stdout);
}

function isInstalled(program: string): boolean {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`]).length > 0;
  } catch {
    return false;
  }
}

describe('otpost completion', () => {
  (isInstalled('bash') ? it : it.skip)('offers in bash what may come next', async () => {
    const script = await scriptFor('bash');
    const offered = (...words: string[]) =>
      execFileSync('bash', [
        '-c',
        `eval "$1"; COMP_WORDS=(otpost "\${@:2}"); COMP_CWORD=$(($# - 1)); _otpost; echo "\${COMPREPLY[*]}"`,
        'bash',
        script,
        ...words,
      ])
        .toString()
        .trim()
        .split(' ');
    expect(offered('w')).toEqual(['wait', 'webhooks']);
    expect(offered('webhooks', '')).toContain('listen');
    expect(offered('webhooks', 'listen', '--f')).toEqual(['--forward-to']);
    expect(offered('wait', 'github.com', '--ex')).toEqual(['--exclusive']);
    expect(offered('code', '--j')).toEqual(['--json']);
    expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'fish', 'zsh']));
  });

  it.each(['zsh', 'fish'])('knows every command in %s', async (shell) => {
    const script = await scriptFor(shell);
    for (const command of ['code', 'wait', 'credentials', 'inbox', 'import', 'webhooks', 'listen', 'mcp']) {
      expect(script).toMatch(new RegExp(`\\b${command}\\b`));
    }
  });
});
