// @ts-check
/** Renders the chart with each set of values in deploy/helm/examples, for a look and for the tests: node tools/otpost/render-chart.mjs */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inRoot } from './workspace.mjs';

const chart = 'deploy/helm/otpost';
export const examples = ['minimal', 'aws'];

/** @param {string} example */
export const renderedFile = (example) => inRoot('deploy/helm/rendered', `${example}.yaml`);

/**
 * What Helm makes of the chart. Needs `helm` on PATH.
 * @param {string} example
 */
export function render(example) {
  const values = inRoot('deploy/helm/examples', `${example}.yaml`);
  return execFileSync('helm', ['template', 'otpost', inRoot(chart), '--namespace', 'codes', '--values', values], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/**
 * The same without the alerts, which are somebody else's file.
 * @param {string} example
 */
export function renderWithoutAlerts(example) {
  return render(example).replace(/(kind: PrometheusRule\n[^]*?\nspec:)\n {2}groups:\n(?: {2}.*\n)*/, '$1 {}\n');
}

/**
 * First line of what was rendered: tells without Helm whether it was rendered from the chart as it is now.
 * @param {string} example
 */
export function stamp(example) {
  const files = readdirSync(inRoot(chart), { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.endsWith('.md') && path !== 'alerts.yaml' && statSync(inRoot(chart, path)).isFile())
    .sort()
    .map((path) => join(chart, path));
  const hash = createHash('sha256');
  for (const path of [...files, `deploy/helm/examples/${example}.yaml`])
    hash
      .update(`${path}\0`)
      .update(readFileSync(inRoot(path)))
      .update('\0');
  return `# Rendered by tools/otpost/render-chart.mjs from ${hash.digest('hex').slice(0, 16)}: do not edit by hand.`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const example of examples)
    writeFileSync(renderedFile(example), `${stamp(example)}\n${renderWithoutAlerts(example)}`);
}
