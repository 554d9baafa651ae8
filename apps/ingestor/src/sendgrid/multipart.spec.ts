import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inboundParseForm } from '../testing/inbound-parse-request.js';
import { splitMultipart } from './multipart.js';

describe('splitMultipart', () => {
  it('gives back what was put in, byte by byte', () => {
    const field = fc.record({
      name: fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/),
      value: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), (fields) => {
        fc.pre(fields.every(({ value }) => !value.includes('--xYzZY')));
        const { body, contentType } = inboundParseForm(fields);
        expect(
          splitMultipart(body, contentType).map(({ name, value }) => ({ name, value: Buffer.from(value) })),
        ).toEqual(fields);
      }),
    );
  });

  it('reads what a browser would send', async () => {
    const form = new FormData();
    form.append('text', 'Grüße\r\n--x');
    form.append('file', new Blob(['PDF'], { type: 'application/pdf' }), 'a "b".pdf');
    const request = new Response(form);
    const parts = splitMultipart(Buffer.from(await request.arrayBuffer()), request.headers.get('content-type') ?? '');
    expect(
      parts.map(({ name, filename, contentType, value }) => [name, filename, contentType, value.toString()]),
    ).toEqual([
      ['text', null, null, 'Grüße\r\n--x'],
      ['file', 'a %22b%22.pdf', 'application/pdf', 'PDF'],
    ]);
  });

  it('takes a preamble, and quoted boundaries', () => {
    const body = Buffer.from('preamble\r\n--b b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n--b b--');
    const [part] = splitMultipart(body, 'multipart/form-data; charset=utf-8; boundary="b b"');
    expect([part?.name, part?.value.toString()]).toEqual(['x', 'y']);
  });

  it.each([
    '',
    '--b',
    '--b\r\n',
    '--b\r\n\r\n',
    '--b\r\nX: y\r\n\r\nz\r\n--b--',
    `--b\r\nContent-Disposition: form-data; name=x\r\n\r\nno end`,
  ])('refuses %j', (body) => {
    expect(() => splitMultipart(Buffer.from(body), 'multipart/form-data; boundary=b')).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
  });

  it('refuses more parts than any form has, quickly', () => {
    const body = Buffer.from('--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n'.repeat(100_000) + '--b--');
    const startedAt = performance.now();
    expect(() => splitMultipart(body, 'multipart/form-data; boundary=b')).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
    expect(performance.now() - startedAt).toBeLessThan(200);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          splitMultipart(Buffer.concat([Buffer.from('--b\r\n'), bytes]), 'multipart/form-data; boundary=b');
        } catch (error) {
          expect(error).toMatchObject({ code: 'validation_failed' });
        }
      }),
    );
  });
});
