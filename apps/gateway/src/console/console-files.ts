import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Where the console's build leaves its files. */
const root = fileURLToPath(new URL('../../../console/dist/', import.meta.url));

/** Every file's name has its content's hash in it, so a browser asks for each once. */
export async function serveConsoleAssets(app: NestFastifyApplication): Promise<void> {
  if (!existsSync(`${root}assets`)) return;
  await app.register(fastifyStatic as never, {
    root: `${root}assets`,
    prefix: '/console/assets/',
    index: false,
    decorateReply: false,
    preCompressed: true,
    cacheControl: true,
    immutable: true,
    maxAge: '365d',
  });
}

/** The one page of the console, with `{nonce}` where its nonce goes; undefined where the console was not built. */
export function readConsolePage(): string | undefined {
  return existsSync(`${root}index.html`) ? readFileSync(`${root}index.html`, 'utf8') : undefined;
}
