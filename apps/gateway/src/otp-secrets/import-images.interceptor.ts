import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { catchError, type Observable } from 'rxjs';
import { AppError, fieldError } from '@otpost/contracts';
import { imagesOf } from './image-form.js';
import { QrReader } from './qr-reader.js';
import { mostPixels } from './read-qr-codes.js';

const field = 'image';
/** Each may have 10 MB in memory. */
const mostAtOnce = 8;

/**
 * Makes of images the JSON body that they stand for: `{uris: […]}`, a link from each. It runs after the guards, so nobody uploads without
 * a key, and before the handler, which does not know of images.
 */
@Injectable()
export class ImportImages implements NestInterceptor {
  #inHand = 0;

  constructor(@Inject(QrReader) private readonly reader: QrReader) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!request.isMultipart()) return next.handle();
    if (this.#inHand >= mostAtOnce)
      throw new AppError('overloaded', 'Too many images at once, try again', { retryAfterSeconds: 2 });
    this.#inHand += 1;
    try {
      const images = await imagesOf(request, field);
      // Not the form around them: its boundary is another one with every try, and an idempotency key is about what was sent in it.
      request.otpost.rawBody = Buffer.concat(images);
      const uris: string[] = [];
      for (const image of images) uris.push(await this.#linkIn(image));
      request.body = { uris };
    } finally {
      this.#inHand -= 1;
    }
    return next.handle().pipe(
      catchError((error: unknown) => {
        throw namingTheImage(error);
      }),
    );
  }

  async #linkIn(image: Buffer): Promise<string> {
    const findings = await this.reader.read(image);
    if ('refusal' in findings) throw fieldError(field, refusals[findings.refusal]);
    const [text, ...others] = findings.texts;
    if (text === undefined)
      throw fieldError(field, 'no QR code was found in it: send it larger, sharper or less cropped');
    if (others.length > 0) throw fieldError(field, 'has several QR codes: send an image of each');
    if (!/^otpauth(-migration)?:\/\//i.test(text))
      throw fieldError(field, 'its QR code is none of an authenticator (otpauth:// or otpauth-migration://)');
    return text;
  }
}

const refusals = {
  no_image: 'must be a PNG or a JPEG',
  too_many_pixels: `has too many pixels: ${mostPixels / 1e6} million at most`,
  damaged: 'is damaged or incomplete',
  too_long: 'takes too long to read',
};

/** What the vault has against a link, as the client knows it. */
function namingTheImage(error: unknown): unknown {
  const [first] = error instanceof AppError && error.code === 'validation_failed' ? error.fields : [];
  return first !== undefined && /^uris?\b/.test(first.path) ? fieldError(field, first.message) : error;
}
