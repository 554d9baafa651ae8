import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { slug } from './slug.mjs';
import { inRoot } from './workspace.mjs';

const read = (path: string) => readFileSync(inRoot(path), 'utf8');
const sources = ['apps', 'libs'].flatMap((folder) =>
  readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes('/src/') && path.endsWith('.ts'))
    .map((path) => `${folder}/${path}`),
);
const registered = new Set(
  sources.flatMap((path) => [...read(path).matchAll(/name: '(otpost_\w+)'/g)].map(([, name]) => name)),
);

describe('dashboard, alerts and their documentation', () => {
  it.each(['deploy/grafana/dashboard.json', 'deploy/grafana/alerts.yaml', 'docs/metrics.md', 'docs/runbook.md'])(
    '%s name only metrics that there are',
    (path) => {
      const named = [...read(path).matchAll(/\botpost_[a-z_]+/g)].map(([name]) =>
        name.replace(/_(bucket|count|sum)$/, ''),
      );
      expect(named.filter((name) => !registered.has(name))).toEqual([]);
    },
  );

  it('has a section of the runbook for every alert, and sends there', () => {
    const alerts = [...read('deploy/grafana/alerts.yaml').matchAll(/alert: (\w+)[\s\S]*?runbook_url: (\S+)/g)];
    const all = read('deploy/grafana/alerts.yaml').match(/alert: /g) ?? [];
    expect(alerts.map(([, name = '', url]) => ({ name, url }))).toEqual(
      alerts.map(([, name = '']) => ({ name, url: `docs/runbook.md#${slug(name)}` })),
    );
    expect(alerts).toHaveLength(all.length);
    const sections = new Set([...read('docs/runbook.md').matchAll(/^## (Otpost\w+)$/gm)].map(([, name]) => name));
    expect([...sections].sort()).toEqual(alerts.map(([, name]) => name).sort());
  });

  it('tells of every metric', () => {
    const documented = read('docs/metrics.md');
    expect([...registered].filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
  });
});
