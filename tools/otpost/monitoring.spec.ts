import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
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
  it.each(['deploy/grafana/dashboard.json', 'deploy/grafana/alerts.yaml', 'docs/metrics.md'])(
    '%s name only metrics that there are',
    (path) => {
      const named = [...read(path).matchAll(/\botpost_[a-z_]+/g)].map(([name]) =>
        name.replace(/_(bucket|count|sum)$/, ''),
      );
      expect(named.filter((name) => !registered.has(name))).toEqual([]);
    },
  );

  it('tells of every metric', () => {
    const documented = read('docs/metrics.md');
    expect([...registered].filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
  });
});
