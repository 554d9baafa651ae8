// @ts-check
// The documentation as a site: `./otpost docs --site`. The pages are plain Markdown, which reads on a forge as well.
import { copyFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { slug } from '../../tools/otpost/slug.mjs';
import { linksToRepository } from './repository-links.mjs';
import { sidebar } from './sidebar.mjs';

export default defineConfig({
  lang: 'en',
  title: 'otpost',
  description: 'One-time codes for software agents, on your own servers',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  rewrites: { 'README.md': 'index.md' },
  cacheDir: '../.nx/vitepress',
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: slug },
    config: (markdown) => void markdown.use(linksToRepository),
  },
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
  buildEnd: ({ srcDir, outDir }) => copyFileSync(`${srcDir}/openapi.json`, `${outDir}/openapi.json`),
  themeConfig: {
    search: { provider: 'local' },
    sidebar: sidebar(),
    outline: { level: [2, 3] },
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'API', link: '/api' },
      { text: 'Runbook', link: '/runbook' },
    ],
  },
});
