// @ts-check
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What the client stands on, by its code and its types; brought along. */
const bundled = ['openapi-fetch', 'openapi-typescript-helpers'];

/**
 * The client as it is published, `@otpost/client`: its modules as built, their types, and the two small packages it stands on.
 * @param {string} folder
 */
export function stageClient(folder) {
  const source = join(root, 'libs/client');
  mkdirSync(folder, { recursive: true });
  const built = join(folder, 'dist');
  cpSync(join(source, 'dist'), built, { recursive: true, filter: (path) => !path.endsWith('.map') });
  for (const file of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue;
    const code = readFileSync(join(built, file), 'utf8');
    writeFileSync(join(built, file), code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
  }
  const settings = join(folder, 'tsconfig.json');
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: join(source, 'src') },
    ...{ outDir: built, typeRoots: [join(root, 'node_modules/@types')] },
  };
  const extended = join(root, 'tsconfig.base.json');
  writeFileSync(
    settings,
    JSON.stringify({ extends: extended, compilerOptions, files: [join(source, 'src/index.ts')] }),
  );
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', settings], { stdio: 'inherit' });
  for (const name of bundled) {
    const filter = (/** @type {string} */ path) => !/\.(map|cjs|cts)$|CHANGELOG|\/(examples|src|test)$/.test(path);
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true, filter });
  }
  copyFileSync(join(source, 'README.md'), join(folder, 'README.md'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(source), undefined, 2)}\n`);
}

/** @param {string} source */
function manifest(source) {
  const { name, version, description, license } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const versionOf = (/** @type {string} */ dependency) =>
    JSON.parse(readFileSync(join(root, 'node_modules', dependency, 'package.json'), 'utf8')).version;
  return {
    ...{ name, version, description, license, type: 'module', engines },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist'],
    dependencies: Object.fromEntries(bundled.map((dependency) => [dependency, versionOf(dependency)])),
    bundleDependencies: bundled,
  };
}
