// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Module hooks with which a thread of a spec runs the sources, as Jest runs them: TypeScript through swc, libraries from `src`. */
const swcrcText = readFileSync(new URL('../../../../.swcrc', import.meta.url), 'utf8');
/** Every thread needs the same modules: one of them compiles each. */
const cache = join(tmpdir(), `otpost-typescript-${process.getuid?.() ?? 0}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
    const url = new URL(`${specifier.slice(0, -3)}.ts`, context.parentURL);
    if (existsSync(url)) return { url: url.href, shortCircuit: true };
  }
  return next(specifier, { ...context, conditions: ['@otpost/source', ...context.conditions] });
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const path = fileURLToPath(url);
  const text = readFileSync(path, 'utf8');
  const compiled = join(cache, createHash('sha256').update(swcrcText).update(path).update(text).digest('hex'));
  if (!existsSync(compiled)) {
    const { transform } = await import('@swc/core');
    const { code } = await transform(text, {
      ...JSON.parse(swcrcText),
      filename: path,
      swcrc: false,
      sourceMaps: false,
    });
    const unfinished = `${compiled}.${process.pid}.${Math.random()}`;
    writeFileSync(unfinished, code);
    renameSync(unfinished, compiled);
  }
  return { format: 'module', source: readFileSync(compiled, 'utf8'), shortCircuit: true };
}
