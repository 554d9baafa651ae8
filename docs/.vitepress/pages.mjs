// @ts-check
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} path relative to the repository */
export const read = (path) => readFileSync(join(root, path), 'utf8');

/** @param {string} path relative to the repository */
export const exists = (path) => existsSync(join(root, path));

/** The Markdown files of docs/, without the templates that pages are made from: `keys.md`, `adr/0001-….md`. */
export function pages() {
  return readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && !path.startsWith('.vitepress/') && !path.includes('['))
    .sort();
}

/**
 * The heading of a page.
 * @param {string} page
 */
export function titleOf(page) {
  return /^# +(.+)$/m.exec(read(`docs/${page}`))?.[1]?.replaceAll('`', '') ?? page;
}

/**
 * Where a relative link leads, from one file of the repository to another. A folder is its README.md.
 * @param {string} from
 * @param {string} path
 * @throws where there is no such file: VitePress looks only after the pages that it knows
 */
export function resolve(from, path) {
  const target = posix.normalize(posix.join(posix.dirname(from), decodeURI(path))).replace(/\/$/, '');
  const file = exists(target) && statSync(join(root, target)).isDirectory() ? `${target}/README.md` : target;
  if (!exists(file)) throw new Error(`${from} links to ${path}, and there is no ${file}`);
  return file;
}
