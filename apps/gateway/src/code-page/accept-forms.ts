import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { AppError } from '@otpost/contracts';

const maxFormBytes = 64 * 1_024;
const formRoutes = new Set(['/code/:page', '/confirm/:page']);

/** Forms are read for the hosted pages alone: the API takes JSON, which no page of another site can send with a browser's help. */
export function acceptForms(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maxFormBytes },
    (request, text: string, done) => {
      if (formRoutes.has(request.routeOptions.url ?? '')) done(null, new URLSearchParams(text));
      else done(new AppError('unsupported_media_type', 'send application/json'));
    },
  );
}

/**
 * Whether a form was sent by the page itself. The link cannot be guessed, so this is a second fence. Browsers say where a request
 * comes from; under `Referrer-Policy: no-referrer` the origin of our own page is `null`.
 */
export function isFromPage({ headers, host }: Pick<FastifyRequest, 'headers' | 'host'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = headers;
  if (origin === undefined || origin === 'null') return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
