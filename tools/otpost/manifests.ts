import { join } from 'node:path';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as batch from 'kubernetes-models/batch/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import ts from 'typescript';
import { root } from './workspace.mjs';

/** One object of Kubernetes. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
}

type Model = new (data: object) => { validate(): void };

/** By apiVersion. Those of the Prometheus Operator are its own. */
const models: Record<string, { module: string; models: object }> = {
  v1: { module: 'v1', models: core },
  'apps/v1': { module: 'apps/v1', models: apps },
  'autoscaling/v2': { module: 'autoscaling/v2', models: autoscaling },
  'batch/v1': { module: 'batch/v1', models: batch },
  'networking.k8s.io/v1': { module: 'networking.k8s.io/v1', models: networking },
  'policy/v1': { module: 'policy/v1', models: policy },
};

/**
 * What is wrong with these manifests. Kubernetes' JSON schemas tell wrong and missing values; they let pass what they do not know, such
 * as a misspelt field, so the types that are made from them are asked too: they do not.
 */
export function faultsOfManifests(manifests: readonly Manifest[]): string[] {
  const known = manifests.filter(({ apiVersion }) => apiVersion in models);
  const unknown = manifests.filter(
    ({ apiVersion }) => !(apiVersion in models) && !apiVersion.startsWith('monitoring.coreos.com/'),
  );
  return [
    ...unknown.map(({ apiVersion, kind }) => `${kind}: no schema of ${apiVersion}`),
    ...known.flatMap(faultBySchema),
    ...faultsByTypes(known),
  ];
}

function faultBySchema(manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const KindModel = (models[apiVersion]?.models as Record<string, Model | undefined>)[kind];
  if (KindModel === undefined) return [`${apiVersion} has no ${kind}`];
  try {
    new KindModel(manifest).validate();
    return [];
  } catch (error) {
    return [`${kind} ${metadata.name}: ${(error as Error).message}`];
  }
}

/** Each manifest becomes a literal of its type, which may have no property that the type does not have. */
function faultsByTypes(manifests: readonly Manifest[]): string[] {
  const file = join(root, 'tools/otpost/every-manifest.ts');
  const source = manifests
    .map((manifest, index) => {
      const module = `kubernetes-models/${models[manifest.apiVersion]?.module}`;
      return `const m${index}: import('${module}').I${manifest.kind} = ${JSON.stringify(manifest)};`;
    })
    .join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const withIt: ts.CompilerHost = {
    ...host,
    fileExists: (path) => path === file || host.fileExists(path),
    getSourceFile: (path, ...rest) =>
      path === file
        ? ts.createSourceFile(path, `${source}\nexport {};`, ts.ScriptTarget.ES2022)
        : host.getSourceFile(path, ...rest),
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, withIt))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
