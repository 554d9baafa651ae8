import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const assets = /^\/(swagger-ui\.css|swagger-ui-bundle\.js)$/;

/** The two files of swagger-ui that the documentation's page needs, straight from its package. */
export async function serveDocumentationAssets(app: NestFastifyApplication): Promise<void> {
  const root = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  await app.register(fastifyStatic as never, {
    root,
    prefix: '/docs/assets/',
    index: false,
    decorateReply: false,
    cacheControl: true,
    maxAge: '1d',
    allowedPath: (path: string) => assets.test(path),
  });
}
