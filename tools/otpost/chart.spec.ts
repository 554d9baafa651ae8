import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { isRead } from './environment-example.mjs';
import { faultsOfManifests, type Manifest } from './manifests.js';
import { examples, render, renderedFile, renderWithoutAlerts, stamp } from './render-chart.mjs';
import { serviceNames } from './services.mjs';
import { inRoot } from './workspace.mjs';

interface Container {
  command: string[];
  env: { name: string; value: string }[];
  ports?: { name: string; containerPort: number }[];
  lifecycle?: { preStop: { exec: { command: [string, string] } } };
  resources: { requests?: object; limits?: object };
  volumeMounts: { name: string; mountPath: string }[];
}

interface Pod {
  metadata: { labels: Record<string, string> };
  spec: {
    serviceAccountName?: string;
    terminationGracePeriodSeconds: number;
    containers: [Container];
    volumes: { name: string; secret?: { secretName: string; defaultMode: number; items: { path: string }[] } }[];
  };
}

const read = (path: string) => readFileSync(inRoot(path), 'utf8');
const documentsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Manifest | null);
const manifestsOf = (text: string) => documentsOf(text).filter((manifest) => manifest !== null);
const withHelm = spawnSync('helm', ['version'], { stdio: 'ignore' }).status === 0 ? it : it.skip;

/** The services' own, from the build: tools import no library. */
const { loadConfig } = (await import(pathToFileURL(inRoot('libs/platform/dist/index.js')).href)) as {
  loadConfig: (service: string, environment: Record<string, string>) => unknown;
};

/** What Kubernetes would put into the files. */
const secrets: Record<string, string> = {
  DATABASE_URL: 'postgresql://otpost_x:p@postgres/otpost',
  DATABASE_OWNER_URL: 'postgresql://otpost:p@postgres/otpost',
  REDIS_URL: 'redis://redis',
  OTPOST_TRANSPORT_KEY: '0'.repeat(64),
  OTPOST_HOOK_KEY: '0'.repeat(64),
  OTPOST_ROOT_KEY: `otp_root_${'A'.repeat(43)}`,
  OTPOST_TWILIO_AUTH_TOKEN: 'token',
  OTPOST_SMTP_RELAY_URL: 'smtp://relay',
};

describe.each(examples)('the chart with the values of %s', (example) => {
  const text = readFileSync(renderedFile(example), 'utf8');
  const manifests = manifestsOf(text);
  const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  const named = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name);
  const deployments = serviceNames.map((service) => {
    const { spec } = named('Deployment', `otpost-${service}`) ?? {};
    const pod = spec?.['template'] as Pod;
    return { service, spec: spec ?? {}, pod, container: pod.spec.containers[0] };
  });
  const environmentOf = ({ env }: Container) => Object.fromEntries(env.map(({ name, value }) => [name, value]));

  it('was rendered from the chart as it is (node tools/otpost/render-chart.mjs does it, with Helm)', () => {
    expect(text.split('\n', 1)[0]).toBe(stamp(example));
  });

  withHelm('is what Helm makes of it (skipped where Helm is not installed)', () => {
    expect(manifestsOf(renderWithoutAlerts(example))).toEqual(manifests);
  });

  it('is what Kubernetes takes, without a field that it does not know', () => {
    expect(manifests.length).toBeGreaterThan(15);
    expect(faultsOfManifests(manifests)).toEqual([]);
  });

  it.each(deployments)(
    'tells the $service what its configuration takes, and nothing else',
    ({ service, container }) => {
      const told = environmentOf(container);
      expect(Object.keys(told).filter((name) => !name.startsWith('OTEL_') && !isRead(name, service))).toEqual([]);
      const asRead = Object.entries(told).map(([name, value]) => {
        const secret = secrets[name.replace(/_FILE$/, '')];
        return secret === undefined ? [name, value] : [name.replace(/_FILE$/, ''), secret];
      });
      expect(() => loadConfig(service, Object.fromEntries(asRead) as Record<string, string>)).not.toThrow();
    },
  );

  it.each(deployments)(
    'gives the $service its own Secret alone, each file where its variable says',
    ({ service, pod }) => {
      const [container] = pod.spec.containers;
      const mounted = pod.spec.volumes.flatMap(({ secret }) => secret ?? []);
      expect(mounted.map(({ secretName }) => secretName)).toEqual([`otpost-${service}`]);
      expect(mounted[0]?.defaultMode).toBe(0o440);
      const files = mounted[0]?.items.map(({ path }) => `/run/otpost/${path}`) ?? [];
      const named = Object.values(environmentOf(container)).filter((value) => value.startsWith('/run/otpost/'));
      expect(named.sort()).toEqual(files.sort());
      expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/run/otpost');
    },
  );

  it.each(deployments)(
    'lets the $service end its work, spread out, on a budget',
    ({ service, spec, pod, container }) => {
      const drain = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);
      const shutdown = Number(environmentOf(container)['OTPOST_SHUTDOWN_SECONDS']);
      expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drain + shutdown + 1);
      expect(pod.metadata.labels).toMatchObject((spec['selector'] as { matchLabels: object }).matchLabels);
      const budget = named('PodDisruptionBudget', `otpost-${service}`)?.spec as { selector: object };
      expect(budget.selector).toEqual(spec['selector']);
      const scaler = named('HorizontalPodAutoscaler', `otpost-${service}`);
      expect(scaler === undefined).toBe('replicas' in spec);
      expect(container.resources).toMatchObject({ requests: expect.anything(), limits: expect.anything() });
      expect(named('ServiceAccount', pod.spec.serviceAccountName ?? '')).toBeDefined();
      expect(pod.spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    },
  );

  it('has behind each Service a port of a pod, and behind each path of the Ingress a Service', () => {
    const services = ofKind('Service').map(({ metadata, spec }) => ({
      name: metadata.name,
      selector: spec?.['selector'] as Record<string, string> | undefined,
      ports: spec?.['ports'] as { targetPort: string }[],
    }));
    for (const { name, selector, ports } of services.filter(({ name }) => name !== 'otpost-nowhere')) {
      const { container } =
        deployments.find(({ service }) => service === selector?.['app.kubernetes.io/component']) ?? {};
      const open = container?.ports?.map((port) => port.name) ?? [];
      expect({ name, missing: ports.filter(({ targetPort }) => !open.includes(targetPort)) }).toEqual({
        name,
        missing: [],
      });
    }
    const backends = [...text.matchAll(/backend: \{ service: \{ name: ([\w-]+)/g)].map(([, name]) => name);
    expect(backends.filter((backend) => !services.some(({ name }) => name === backend))).toEqual([]);
  });

  it('migrates with what the migrations read, before anything else', () => {
    const job = named('Job', 'otpost-migrations');
    const { containers } = (job?.spec?.['template'] as Pod).spec;
    const command = read('libs/database/src/migrate-command.ts');
    expect(containers[0].command).toEqual(['node', 'libs/database/dist/migrate-cli.js']);
    expect(command).toContain("variable(environment, 'DATABASE_OWNER_URL')");
    expect(command).toContain('`OTPOST_${service.toUpperCase()}_DB_PASSWORD`');
    const expected = serviceNames.map((service) => `OTPOST_${service.toUpperCase()}_DB_PASSWORD_FILE`);
    expect(Object.keys(environmentOf(containers[0])).sort()).toEqual(['DATABASE_OWNER_URL_FILE', ...expected].sort());
    expect(job?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
  });
});

describe('the chart', () => {
  withHelm('has the alerts of deploy/grafana (skipped where Helm is not installed)', () => {
    const [rule] = manifestsOf(render('aws')).filter(({ kind }) => kind === 'PrometheusRule');
    expect(rule?.spec).toEqual(parse(read('deploy/grafana/alerts.yaml')));
  });

  it('has a schema that takes its own values and the examples, and no misspelt one', () => {
    const isValid = new Ajv({ strict: false }).compile(
      JSON.parse(read('deploy/helm/otpost/values.schema.json')) as object,
    );
    const values = parse(read('deploy/helm/otpost/values.yaml')) as Values;
    expect(isValid(values) || isValid.errors).toBe(true);
    for (const example of examples) {
      const own = parse(read(`deploy/helm/examples/${example}.yaml`)) as Values;
      expect(isValid(merged(values, own)) || isValid.errors).toBe(true);
    }
    expect(isValid({ ...values, gatway: {} })).toBe(false);
    expect(isValid({ ...values, vault: { ...(values['vault'] as Values), smtp: {} } })).toBe(false);
  });
});

type Values = { [name: string]: unknown };

/** As Helm lays values over the chart's own. */
function merged(below: Values, above: Values): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const laid = Object.entries(above).map(([name, value]) => {
    const under = below[name];
    return [name, isMap(value) && isMap(under) ? merged(under, value) : value];
  });
  return { ...below, ...(Object.fromEntries(laid) as Values) };
}
