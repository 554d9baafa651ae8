import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { rememberSecret } from './canary.js';
import { sharedSystem, testFolder } from './system.js';

// Every fenced block of these documents is run, top to bottom, as somebody would who reads them in one terminal: in the
// repository's folder, with the address and the key that `./otpost up` printed, and with the ids of the answers they got.
const documents = ['README.md', 'docs/quick-start.md'];

/** Blocks that nobody is meant to run, by how they begin. In the document they are `text`, or marked `not-run`. */
const notRun: Record<string, string> = {
  ' agents, REST clients ──HTTP──▶ gateway': 'a drawing',
  'apps/gateway       the HTTP edge': 'the map of the folders: checked for folders that are not there',
};

const system = sharedSystem();
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(testFolder(), 'readme');

interface Block {
  line: number;
  language: string;
  marks: string;
  text: string;
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```(\w*) ?(.*)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, language = '', marks = '', body = ''] = found;
    return { line: text.slice(0, found.index).split('\n').length, language, marks, text: body };
  });
}

/** Programs that run a block given on standard input, after the variables that earlier blocks exported. */
const programs: Record<string, string> = {
  sh: '{ cat; echo; echo \'export -p > "$VARIABLES"\'; } > "$VARIABLES.block"; set -e; . "$VARIABLES.block"',
  js: `exec '${process.execPath}' --input-type=module -`,
  python: 'exec python3 -B -',
};

const curl = programPath('curl');
const isMissing: Record<string, boolean> = {
  sh: curl === undefined,
  python: !succeeds('python3 -c "import requests"'),
};

beforeAll(() => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // As curl, but an answer that is an error ends the block, and each answer is a line of its own.
  const wrapper = join(folder, 'curl');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${curl}' --fail-with-body -w '\\n' "$@"\n`);
  chmodSync(wrapper, 0o755);
});

describe.each(documents)('%s', (document) => {
  const blocks = blocksOf(document);
  const steps = blocks.flatMap((block, index) => {
    const following = blocks[index + 1];
    if (block.language === 'text' || block.marks !== '') return [];
    return [{ ...block, output: following?.marks === 'output' ? following : undefined }];
  });
  /** The answer before, whose id a reader puts in for `<id>`. */
  let answer: Record<string, unknown> = {};

  for (const { line, language, text, output } of steps) {
    const title = `line ${line}, ${language}: ${text.split('\n', 1)[0]}`;
    (isMissing[language] ? it.skip : it)(title, async () => {
      expect(Object.keys(programs)).toContain(language);
      const said = await run(programs[language] ?? '', filledIn(text, answer));
      const last = said.trimEnd().split('\n').at(-1) ?? '';
      if (last.startsWith('{')) {
        answer = JSON.parse(last) as Record<string, unknown>;
        if (typeof answer['key'] === 'string') rememberSecret(`${document}: key`, answer['key']);
      }
      if (output?.language === 'json') expect(answer).toMatchObject(likeShown(JSON.parse(output.text)) as object);
      else if (output) expect(said).toMatch(textLikeShown(output.text));
    });
  }

  it('has no block that is neither run nor known not to be', () => {
    const outputs = new Set(steps.flatMap(({ output }) => (output ? [output.line] : [])));
    const run = new Set(steps.map(({ line }) => line));
    const others = blocks.filter(({ line }) => !run.has(line) && !outputs.has(line));
    const unknown = others.filter(({ text }) => !Object.keys(notRun).some((start) => text.startsWith(start)));
    expect(unknown).toEqual([]);
  });
});

it('names no folder in its map that there is not', () => {
  const map = blocksOf('README.md').find(({ text }) => text.startsWith('apps/gateway '));
  const folders = (map?.text ?? '')
    .split('\n')
    .flatMap((line) => line.match(/^\S+(?: {2}\S+\/)?/)?.[0].split('  ') ?? []);
  expect(folders.length).toBeGreaterThan(15);
  expect(folders.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

/** What a reader puts in. */
function filledIn(text: string, { id }: Record<string, unknown>): string {
  return text
    .replaceAll('http://127.0.0.1:3000', system.gatewayUrl)
    .replaceAll('<key>', system.demo?.apiKey ?? '')
    .replaceAll('<id>', String(id));
}

async function run(program: string, input: string): Promise<string> {
  const variables = join(folder, 'variables');
  const script = `if [ -e "$VARIABLES" ]; then . "$VARIABLES"; fi; ${program}`;
  const child = spawn('/bin/sh', ['-c', script], {
    cwd: root,
    // eslint-disable-next-line no-restricted-properties -- a reader's own
    env: { PATH: `${folder}:${process.env['PATH']}`, OTPOST_HOME: system.home, VARIABLES: variables },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (said.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (said.stderr += String(chunk)));
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, ...said }).toMatchObject({ code: 0 });
  return said.stdout;
}

/** A shown answer with what differs from run to run left open: codes, ids, times, counts, and whatever ends in an ellipsis. */
function likeShown(shown: unknown): unknown {
  if (Array.isArray(shown)) return shown.map(likeShown);
  if (typeof shown === 'number') return expect.any(Number);
  if (typeof shown === 'string') return likeText(shown);
  if (typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, likeShown(value)]));
}

function likeText(shown: string): unknown {
  if (/^\d{6,8}$/.test(shown)) return expect.stringMatching(new RegExp(`^\\d{${shown.length}}$`));
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(shown)) return expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  if (/^\d{4}-\d\d-\d\dT/.test(shown)) return expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  if (shown.endsWith('@inbox.localhost')) return expect.stringMatching(/^[a-z0-9]+@inbox\.localhost$/);
  if (shown.endsWith('…')) return expect.stringContaining(filledIn(shown.slice(0, -1), {}));
  return shown;
}

function textLikeShown(shown: string): RegExp {
  return new RegExp(
    `^${shown
      .trim()
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\d+/g, '\\d+')}\\s*$`,
  );
}

function programPath(name: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function succeeds(command: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
