import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildMigrationUri, decodeSecret, type OtpAccount } from '@otpost/otp';
import { packPng, pngOf, qrCode } from '../apps/gateway/src/otp-secrets/testing/images.js';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { totpBetween } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const path = '/v1/otp-secrets/import';
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const link = `otpauth://totp/Example:alice@example.com?secret=${secret}&issuer=Example&digits=8`;
let workspace: Workspace;

interface Imported {
  items: { id: string; type: string; label: string; issuer: string | null; digits: number }[];
  skipped: unknown[];
}
interface Problem {
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

beforeAll(async () => {
  workspace = await createWorkspace(system);
  rememberSecret('qr link', link);
});

const qrCodeOf = async (text: string) => new Blob([pngOf(await qrCode(text))]);

/** A black PNG of any size. */
function emptyPng(width: number, height: number): Blob {
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  return new Blob([packPng({ width, height, bitDepth: 1, rows })]);
}

async function send(images: Blob[], headers: Record<string, string> = {}, field = 'image') {
  const form = new FormData();
  for (const image of images) form.append(field, image, 'qr.png');
  const response = await fetch(system.gatewayUrl + path, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${workspace.apiKey}`, ...headers },
  });
  return { status: response.status, body: (await response.json()) as Imported & Problem };
}

function account(label: string): OtpAccount {
  const bytes = decodeSecret(secret);
  return { type: 'totp', label, issuer: 'Acme', secret: bytes, algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
}

describe('importing an image of a QR code', () => {
  it('stores the secret of an otpauth:// code, as its link does', async () => {
    const image = await send([await qrCodeOf(link)]);
    const json = await call<Imported>(system, path, { body: { uri: link }, key: workspace.apiKey });
    expect(image.status).toBe(201);
    expect(json.status).toBe(201);
    const known = { type: 'totp', label: 'alice@example.com', issuer: 'Example', digits: 8 };
    for (const { items, skipped } of [image.body, json.body]) {
      expect(items).toMatchObject([known]);
      expect(skipped).toEqual([]);
    }
    expect(JSON.stringify(image.body)).not.toContain(secret);
    const from = Date.now();
    const id = image.body.items[0]?.id ?? '';
    const { body } = await call<{ code: string }>(system, `/v1/otp-secrets/${id}/code`, {
      method: 'POST',
      key: workspace.apiKey,
    });
    expect(totpBetween({ secret, digits: 8 }, from, Date.now())).toContain(body.code);
  });

  it('stores every account of an export, and of one that takes several codes', async () => {
    const one = buildMigrationUri([account('bob'), account('carol')]);
    const parts = [0, 1].map((index) => buildMigrationUri([account(`part ${index}`)], { id: 7, index, size: 2 }));
    for (const uri of [one, ...parts]) rememberSecret('qr export', uri);
    const labels = ({ items }: Imported) => items.map(({ label }) => label);
    expect(labels((await send([await qrCodeOf(one)])).body)).toEqual(['bob', 'carol']);
    const images = await Promise.all(parts.map(qrCodeOf));
    expect(labels((await send(images)).body)).toEqual(['part 0', 'part 1']);
    const incomplete = await send(images.slice(1));
    expect(incomplete.status).toBe(422);
    expect(incomplete.body.errors).toEqual([
      { path: 'image', message: 'the export has more QR codes than were sent: missing number 1' },
    ]);
  });

  it('does it once for one idempotency key, though each try writes its form anew', async () => {
    const [image, other] = [await qrCodeOf(link), await qrCodeOf(link.replace('alice', 'mallory'))];
    const headers = { 'idempotency-key': randomUUID() };
    const first = await send([image], headers);
    const second = await send([image], headers);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.items).toEqual(first.body.items);
    expect((await send([other], headers)).body.code).toBe('idempotency_key_reused');
    const refused = await send([image], { 'idempotency-key': 'with spaces in it' });
    expect(refused.body.errors).toMatchObject([{ path: 'Idempotency-Key' }]);
  });

  it('says what is wrong with an image, and never what is in it', async () => {
    const [good, foreign] = [await qrCodeOf(link), await qrCodeOf('https://example.com/canary')];
    const bytes = await good.arrayBuffer();
    const wrong: [Blob, RegExp][] = [
      [emptyPng(50, 50), /no QR code was found/],
      [foreign, /none of an authenticator/],
      [await qrCodeOf('otpauth://totp/x?secret=!'), /./],
      [new Blob(['not an image']), /must be a PNG or a JPEG/],
      [new Blob([bytes.slice(0, bytes.byteLength - 60)]), /damaged or incomplete/],
      [emptyPng(10_000, 5_000), /too many pixels/],
      [emptyPng(0, 0), /damaged/],
    ];
    for (const [image, message] of wrong) {
      const { status, body } = await send([image]);
      expect({ status, code: body.code, errors: body.errors }).toEqual({
        status: 422,
        code: 'validation_failed',
        errors: [{ path: 'image', message: expect.stringMatching(message) as unknown }],
      });
      expect(JSON.stringify(body)).not.toContain('canary');
    }
    expect((await send([good], {}, 'picture')).body.errors).toEqual([{ path: 'picture', message: 'unknown field' }]);
    expect((await send([])).status).toBe(422);
    expect((await send(Array.from({ length: 11 }, () => good))).body.errors).toMatchObject([{ path: 'image' }]);
  });

  it('refuses what is too large with 413', async () => {
    for (const sizes of [[10_000_001], [6_000_000, 6_000_000]]) {
      const { status, body } = await send(sizes.map((size) => new Blob([new Uint8Array(size)])));
      expect({ status, code: body.code }).toEqual({ status: 413, code: 'payload_too_large' });
    }
  });

  it('takes no form without a key, on no other route, and none that is broken', async () => {
    const image = await qrCodeOf(link);
    expect((await send([image], { authorization: 'Bearer nobody' })).status).toBe(401);
    const post = (to: string, body: string, contentType: string) =>
      fetch(system.gatewayUrl + to, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${workspace.apiKey}`, 'content-type': contentType },
      });
    expect((await post('/v1/otp-secrets', '--b--\r\n', 'multipart/form-data; boundary=b')).status).toBe(415);
    const broken = '--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\nunfinished';
    expect((await post(path, broken, 'multipart/form-data; boundary=b')).status).toBe(400);
    expect((await post(path, broken, 'multipart/form-data')).status).toBe(400);
  });

  it('keeps nobody waiting while a large image is read', async () => {
    let isReading = true;
    const reading = send([emptyPng(4_096, 3_170)]).finally(() => (isReading = false));
    let answered = 0;
    while (isReading) {
      expect((await fetch(`${system.gatewayUrl}/healthz`)).status).toBe(200);
      answered += 1;
    }
    expect((await reading).body.errors).toMatchObject([{ path: 'image' }]);
    expect(answered).toBeGreaterThan(3);
  });
});
