// @ts-check
import { tags, pageOfTag } from './api-reference.mjs';
import { exists, pages, titleOf } from './pages.mjs';
import { pageOf } from './repository-links.mjs';

/** Pages by their place; one that is in no list comes last, so that none is missing. */
const groups = {
  Start: ['quick-start.md', 'concepts.md', 'recipes/agents.md', 'cli.md', 'mcp.md', 'webhooks.md', 'console.md'],
  'Codes that come by mail and SMS': [
    'inbound.md',
    'recipes/sendgrid.md',
    'recipes/twilio.md',
    'recipes/cloudflare.md',
    'recipes/postfix.md',
    'forwarding.md',
  ],
  'Moving here': ['migration/cloudcruise.md', 'migration/sendblue.md'],
  Operating: [
    'docker-compose.md',
    'keys.md',
    'redis.md',
    'backup.md',
    'upgrade.md',
    'metrics.md',
    'runbook.md',
    'sizing.md',
  ],
  Security: ['security.md', 'audit.md'],
};
const elsewhere = { Operating: ['deploy/helm/otpost/README.md'], Security: ['SECURITY.md'] };

/** @returns {import('vitepress').DefaultTheme.Sidebar} */
export function sidebar() {
  const known = pages();
  const placed = new Set(['README.md', 'api.md', 'scopes.md', ...Object.values(groups).flat()]);
  const decisions = known.filter((page) => page.startsWith('adr/'));
  const others = known.filter((page) => !placed.has(page) && !decisions.includes(page));
  return [
    ...Object.entries(groups).map(([text, list]) => ({
      text,
      items: [...list.filter((page) => known.includes(page)).map(item), ...filesFor(text)],
    })),
    {
      text: 'API',
      items: [
        item('api.md'),
        item('scopes.md'),
        ...tags().map((tag) => ({ text: tag, link: `/api/${pageOfTag(tag)}` })),
      ],
    },
    ...(others.length > 0 ? [{ text: 'More', items: others.map(item) }] : []),
    { text: 'Decisions', items: decisions.map(item) },
  ];
}

/** @param {string} page */
function item(page) {
  return { text: titleOf(page), link: `/${page.replace(/\.md$/, '')}` };
}

/** @param {string} group */
function filesFor(group) {
  const files = Object.entries(elsewhere).flatMap(([name, paths]) => (name === group ? paths : []));
  return files
    .filter(exists)
    .map((path) => ({ text: titleOf(`../${path}`), link: `/${pageOf(path).replace(/\.md$/, '')}` }));
}
