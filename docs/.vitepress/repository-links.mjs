// @ts-check
import { posix } from 'node:path';
import { pages, read, resolve } from './pages.mjs';

/** Files of the repository that pages link to are pages of the site, below this. */
const sources = 'source';

/**
 * The files outside of docs/ that the documentation links to, and those that these link to.
 * @returns {string[]} relative to the repository
 */
export function linkedSources() {
  const waiting = pages().map((page) => `docs/${page}`);
  /** @type {Set<string>} */
  const found = new Set();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (!file.endsWith('.md')) continue;
    for (const target of linksOf(file)) {
      if (target.startsWith('docs/') || found.has(target)) continue;
      found.add(target);
      waiting.push(target);
    }
  }
  return [...found].sort();
}

/**
 * A file as a page: Markdown as it is, anything else as code.
 * @param {string} path relative to the repository
 */
export function sourcePage(path) {
  const text = read(path);
  if (path.endsWith('.md')) return text;
  const fence = '`'.repeat(4);
  const language = /\.m?(sh|py|js|json|yaml|toml|ts)$/.exec(path)?.[1] ?? 'txt';
  return `# ${posix.basename(path)}\n\n\`${path}\`\n\n${fence}${language}\n${text.trimEnd()}\n${fence}\n`;
}

/**
 * The page of a file, as VitePress names pages.
 * @param {string} path relative to the repository
 */
export function pageOf(path) {
  if (path.startsWith('docs/')) return path.slice('docs/'.length);
  return `${sources}/${path.endsWith('.md') ? path : `${path}.md`}`;
}

/**
 * markdown-it: a link out of docs/ leads to the page of that file.
 * @param {import('vitepress').MarkdownRenderer} markdown
 */
export function linksToRepository(markdown) {
  markdown.core.ruler.push('links-to-repository', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href');
      if (token.type !== 'link_open' || href === null || !isRelative(href)) continue;
      const [path = '', anchor] = href.split('#');
      const target = resolve(fileOf(env.relativePath), path);
      token.attrSet('href', `/${pageOf(target)}${anchor === undefined ? '' : `#${anchor}`}`);
    }
  });
}

/**
 * The file that a page is made of.
 * @param {string} page
 */
function fileOf(page) {
  if (page === 'index.md') return 'docs/README.md';
  if (!page.startsWith(`${sources}/`)) return `docs/${page}`;
  const path = page.slice(sources.length + 1);
  return path.endsWith('.md') && /\.\w+\.md$/.test(path) ? path.slice(0, -'.md'.length) : path;
}

/** @param {string} file */
function linksOf(file) {
  const prose = read(file)
    .replace(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, '')
    .replace(/`[^`\n]+`/g, '');
  return [...prose.matchAll(/[^!]\[[^\]]*\]\(([^)\s]+)\)/g)]
    .map(([, href = '']) => href.split('#', 1)[0] ?? '')
    .filter(isRelative)
    .map((path) => resolve(file, path));
}

/** @param {string} href */
function isRelative(href) {
  return href !== '' && !/^([a-z][a-z+.-]*:|[/#])/i.test(href);
}
