import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inRoot, root } from './workspace.mjs';

const site = mkdtempSync(join(tmpdir(), 'otpost-site-'));
let built: string[] = [];
const read = (file: string) => readFileSync(join(site, file), 'utf8');

beforeAll(async () => {
  const vitepress = inRoot('node_modules/vitepress/bin/vitepress.js');
  // Fails on a link to a page that there is not.
  await promisify(execFile)(process.execPath, [vitepress, 'build', 'docs', '--outDir', site], { cwd: root });
  built = readdirSync(site, { recursive: true, encoding: 'utf8' });
}, 180_000);
afterAll(() => rmSync(site, { recursive: true }));

const html = () => built.filter((file) => file.endsWith('.html'));

describe('the documentation as a site', () => {
  it('has every page, and a page for each part of the API', () => {
    const pages = readdirSync(inRoot('docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md') && !/^\.vitepress|\[|^README/.test(path))
      .map((path) => path.replace(/\.md$/, '.html'));
    expect(built).toEqual(expect.arrayContaining(['index.html', 'openapi.json', ...pages]));
    const { tags } = JSON.parse(read('openapi.json')) as { tags: unknown[] };
    expect(built.filter((file) => /^api\/.*\.html$/.test(file))).toHaveLength(tags.length);
  });

  it('names every route of the API', () => {
    const { paths } = JSON.parse(read('openapi.json')) as { paths: Record<string, object> };
    const reference = html().filter((file) => file.startsWith('api/'));
    const text = reference.map((file) => read(file).replace(/<[^>]+>/g, '')).join('\n');
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.filter((route) => !text.includes(route))).toEqual([]);
  });

  it('leads nowhere that there is nothing', () => {
    const anchors = new Map(
      html().map((file) => [file, new Set([...read(file).matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id))]),
    );
    const dead = html().flatMap((file) =>
      [...read(file).matchAll(/<a [^>]*href="(\/[^"]*|#[^"]+)"/g)].flatMap(([, href = '']) => {
        const [path = '', anchor = ''] = decodeURI(href).split('#');
        const target = path === '' ? file : `${path.slice(1)}${path.endsWith('/') ? 'index.html' : ''}`;
        const leads = existsSync(join(site, target)) && (anchor === '' || anchors.get(target)?.has(anchor));
        return leads ? [] : [`${file}: ${href}`];
      }),
    );
    expect(dead).toEqual([]);
  });

  it('asks nobody else for anything', () => {
    const loaded = html().flatMap((file) =>
      [...read(file).matchAll(/<(?!a )\w+ [^>]*\b(?:src|href)="((?:https?:)?\/\/[^"]+)"/g)].map(([, url]) => url),
    );
    const styles = built.filter((file) => file.endsWith('.css'));
    const styled = styles.flatMap((file) => read(file).match(/(?:url\(|@import )["']?(?:https?:)?\/\/[^)"']+/g) ?? []);
    expect([...loaded, ...styled]).toEqual([]);
  });
});
