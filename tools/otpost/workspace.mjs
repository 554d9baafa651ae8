// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the repository is. May hold spaces. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** @param {string[]} parts */
export const inRoot = (...parts) => join(root, ...parts);

/** What every tool of the workspace is started with: nothing that calls home, no daemon that outlives its command. */
export const toolEnvironment = {
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  NX_NO_CLOUD: 'true',
  NX_SKIP_REMOTE_CACHE: 'true',
  // The client needs no engine, and `prisma generate` would download one.
  PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: 'true',
};

/**
 * The projects of the workspace that have a target.
 * @param {string} target such as `build`
 * @returns {{ name: string, folder: string }[]} folders relative to the root
 */
export function projectsWith(target) {
  const folders = ['apps', 'libs'].flatMap((kind) =>
    readdirSync(inRoot(kind), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => ({ folder: `${kind}/${entry.name}`, manifest: 'package.json' })),
  );
  return [...folders, { folder: 'tools/otpost', manifest: 'project.json' }].flatMap(({ folder, manifest }) => {
    const project = readProject(inRoot(folder, manifest));
    return project?.name && project.targets && target in project.targets ? [{ name: project.name, folder }] : [];
  });
}

/**
 * @param {string} path
 * @returns {{ name?: string, targets?: Record<string, unknown> } | undefined}
 */
function readProject(path) {
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    return manifest.nx ?? manifest;
  } catch {
    return undefined; // an empty folder that git does not know
  }
}
