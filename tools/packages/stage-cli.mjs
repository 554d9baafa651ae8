// @ts-check
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The command as a package of its own, `otpost`: one file with all that it needs in it, so that `npx otpost` fetches one thing and installs nothing
 * beside it.
 * @param {string} folder
 */
export async function stageCli(folder) {
  const source = join(root, 'apps/cli');
  mkdirSync(folder, { recursive: true });
  /** @type {Set<string>} folders of packages that are in it */
  const packages = new Set();
  await build({
    configFile: false,
    logLevel: 'error',
    root: source,
    ssr: { noExternal: true },
    build: {
      ssr: join(source, 'dist/main.js'),
      outDir: folder,
      target: 'node20',
      minify: true,
      rolldownOptions: { output: { entryFileNames: 'otpost.js', codeSplitting: false, banner: '#!/usr/bin/env node' } },
    },
    plugins: [
      {
        name: 'packages',
        generateBundle(_, bundle) {
          for (const chunk of Object.values(bundle)) {
            if (chunk.type !== 'chunk') continue;
            for (const id of chunk.moduleIds) {
              const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
              if (found) packages.add(found);
            }
          }
        },
      },
    ],
  });
  chmodSync(join(folder, 'otpost.js'), 0o755);
  writeFileSync(join(folder, 'THIRD-PARTY.txt'), licencesOf([...packages].sort()));
  copyFileSync(join(source, 'README.md'), join(folder, 'README.md'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(source), undefined, 2)}\n`);
}

/** @param {string} source */
function manifest(source) {
  const { version, description, license } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const keywords = ['otp', 'totp', '2fa', 'mfa', 'agents', 'mcp'];
  return {
    name: 'otpost',
    version,
    description,
    keywords,
    license,
    type: 'module',
    bin: { otpost: 'otpost.js' },
    engines,
  };
}

/** @param {string[]} folders */
function licencesOf(folders) {
  return folders
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one));
      const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(78)}\n\n`);
}
