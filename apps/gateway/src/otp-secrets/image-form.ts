import multipart from '@fastify/multipart';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { AppError, fieldError } from '@otpost/contracts';

/** All images of a request together. */
export const mostImageBytes = 10_000_000;
/** A large export comes as several QR codes. */
export const mostImages = 10;

/** Forms with files are read on this one route alone; elsewhere they stay what they were, unsupported. */
export async function acceptImages(app: NestFastifyApplication, path: string): Promise<void> {
  await app.register(multipart, {
    limits: { fileSize: mostImageBytes, files: mostImages + 1, fields: 1, parts: mostImages + 2, headerPairs: 20 },
  });
  const server = app.getHttpAdapter().getInstance();
  server.addHook('preParsing', (request, _reply, _payload, done) => {
    const isForm = request.headers['content-type']?.toLowerCase().startsWith('multipart/') === true;
    const { url } = request.routeOptions;
    if (!isForm || url === undefined || url === path) done();
    else done(new AppError('unsupported_media_type', 'send application/json'));
  });
}

/**
 * The images of a form, in memory.
 *
 * @param name of the fields that hold them
 * @throws AppError `validation_failed` naming the field, `payload_too_large`, `malformed_json`
 */
export async function imagesOf(request: FastifyRequest, name: string): Promise<Buffer[]> {
  const images: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request.parts()) {
      if (part.fieldname !== name) throw fieldError(part.fieldname.slice(0, 100), 'unknown field');
      if (part.type !== 'file') throw fieldError(name, 'must be a file');
      const image = await part.toBuffer();
      size += image.length;
      if (size > mostImageBytes) throw new AppError('payload_too_large', 'the images are too large');
      if (images.push(image) > mostImages) throw fieldError(name, `${mostImages} images at most`);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { statusCode } = error as { statusCode?: unknown };
    if (statusCode === 413) throw new AppError('payload_too_large', 'the images are too large');
    throw new AppError('malformed_json', 'the form is malformed or incomplete');
  }
  if (images.length === 0) throw fieldError(name, 'required');
  return images;
}
