import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { slug } from './slug.mjs';
import { inRoot, root } from './workspace.mjs';

const tracked = filesOfGit();
const files = tracked.length > 0 ? tracked : filesBelow('');
const folders = new Set(files.flatMap(parents));
const documents = files.filter((path) => path.endsWith('.md'));
const read = (path: string) => readFileSync(inRoot(path), 'utf8');

/** None where this is no checkout, as in the archive of a release, or where there is no Git. */
function filesOfGit(): string[] {
  const { stdout } = spawnSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return (stdout ?? '').split('\0').filter((path) => path !== '' && existsSync(inRoot(path)));
}

/** All but what is installed, built or run there. */
function filesBelow(folder: string): string[] {
  const notOurs = ['.git', '.nx', '.otpost', 'dist', 'generated', 'node_modules'];
  return readdirSync(inRoot(folder), { withFileTypes: true })
    .filter(({ name }) => !notOurs.includes(name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

function parents(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? ['.'] : [folder, ...parents(folder)];
}

/** Without fenced blocks. */
const prose = (path: string) => read(path).replace(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, '');
const codeSpans = (path: string) => [...prose(path).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

function blocksOf(path: string, language: string): string[] {
  const block = new RegExp(`^( *)\`\`\`${language}(?: .*)?\\n([\\s\\S]*?)^\\1\`\`\`$`, 'gm');
  return [...read(path).matchAll(block)].map(([, , text = '']) => text);
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function linksIn(path: string): string[] {
  const text = prose(path).replace(/`[^`\n]+`/g, '`code`');
  return [
    ...text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g),
    ...text.matchAll(/^\[[^\]]+\]: <?([^\s>]+)>?/gm),
    ...text.matchAll(/\b(?:src|href)="([^"]+)"/g),
    ...text.matchAll(/<(https?:[^>]+)>/g),
  ].map(([, target = '']) => target);
}

function anchorsOf(path: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = [...prose(path).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => {
    const anchor = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, ''));
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(headings);
}

/** What is wrong with a link; nothing if it leads somewhere. */
function fault(from: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) {
    const isUrl = URL.canParse(target) && ['https:', 'http:', 'mailto:'].includes(new URL(target).protocol);
    return isUrl ? undefined : 'is no URL';
  }
  const [path = '', anchor] = decodeURI(target).split('#', 2);
  if (path.startsWith('/')) return 'is absolute: it leads elsewhere on a forge than on the site';
  const file = path === '' ? from : posix.normalize(posix.join(dirname(from), path)).replace(/\/$/, '');
  if (!files.includes(file) && !folders.has(file)) return 'does not exist';
  if (anchor !== undefined && !anchorsOf(file).has(anchor)) return 'has no such heading';
  return undefined;
}

describe('the documents', () => {
  it.each(documents)('%s: every link and image leads somewhere', (path) => {
    const faults = linksIn(path).flatMap((target) => fault(path, target)?.replace(/^/, `${target} `) ?? []);
    expect(faults).toEqual([]);
  });

  it.each(documents.filter((path) => blocksOf(path, 'json').length > 0))(
    '%s: what is shown as JSON is JSON',
    (path) => {
      for (const block of blocksOf(path, 'json')) expect(() => JSON.parse(block) as unknown).not.toThrow();
    },
  );

  it.each(documents.filter((path) => blocksOf(path, 'sh').length > 0))(
    '%s: a shell can read what is shown for it',
    (path) => {
      for (const block of blocksOf(path, 'sh')) {
        const filledIn = block.replace(/<[^<>\n]+>/g, 'something');
        execFileSync('/bin/sh', ['-n'], { input: filledIn });
      }
    },
  );

  (hasPython() ? it : it.skip)('docs/audit.md: its Python verifies its example', () => {
    const [program = ''] = blocksOf('docs/audit.md', 'python');
    const [example = '[]'] = blocksOf('docs/audit.md', 'json');
    const workspace = '0192f0c1-5f3a-7c11-9f60-2b1f5f1d2a01';
    const verify = (entries: string) =>
      execFileSync('python3', ['-B', '-', workspace, entries], {
        input: `${program}\nimport sys\nprint(verify(sys.argv[1], json.loads(sys.argv[2])))`,
        encoding: 'utf8',
      }).trim();
    const entries = JSON.parse(example) as { seq: number; hash: string; action: string }[];
    expect(verify(example)).toBe(entries.at(-1)?.hash);
    expect(verify(example.replace('credential.updated', 'credential.deleted'))).toBe('broken at 2');
  });

  it('would be told of a link that leads nowhere', () => {
    expect(fault('docs/keys.md', 'nothing.md')).toBe('does not exist');
    expect(fault('docs/keys.md', 'audit.md#nothing')).toBe('has no such heading');
    expect(fault('docs/keys.md', 'audit.md#an-example')).toBeUndefined();
    expect(fault('docs/keys.md', '/audit.md')).toMatch('absolute');
    expect(fault('docs/keys.md', 'https://')).toBe('is no URL');
  });

  it('name no file that there is not', () => {
    const top = [...folders].filter((folder) => !folder.includes('/') && folder !== '.');
    const named = new RegExp(`^(?:\\./)?((?:${top.join('|').replaceAll('.', '\\.')})/[\\w./@-]*\\w)/?$`);
    const missing = documents.flatMap((path) =>
      codeSpans(path).flatMap((code) => {
        const file = named.exec(code)?.[1];
        if (file === undefined || file.includes('/dist')) return []; // what is built is not in git
        return files.includes(file) || folders.has(file) ? [] : [`${path}: ${file}`];
      }),
    );
    expect(missing).toEqual([]);
  });

  it('name no variable that nothing reads', () => {
    const code = files.filter((path) => !/\.(md|spec\.ts|png)$/.test(path));
    const variable = /\bOTPOST(?:_[A-Z0-9]+)+\b/g;
    const known = new Set(code.flatMap((path) => read(path).match(variable) ?? []));
    const unknown = documents.flatMap((path) =>
      (read(path).match(variable) ?? [])
        .filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')))
        .map((name) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('name no route that there is not', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '*')}`),
    );
    const hooks = ['twilio/sms', 'sendgrid/parse', 'sendgrid/parse/*', 'email/mime'].map(
      (hook) => `POST /inbound/${hook}`,
    );
    const unknown = documents.flatMap((path) =>
      codeSpans(path).flatMap((code) => {
        const [, method, route = ''] = /^(GET|POST|PUT|PATCH|DELETE) (\/[^\s?&]+)/.exec(code) ?? [];
        const asked = `${method} ${route.replace(/\{\w+\}|<[^>]+>|:\w+/g, '*').replace(/\.$/, '')}`;
        return method === undefined || [...routes, ...hooks].includes(asked) ? [] : [`${path}: ${code}`];
      }),
    );
    expect(unknown).toEqual([]);
  });
});
