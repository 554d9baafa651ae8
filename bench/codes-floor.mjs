// @ts-check
/** The floor of 'get a code': one process, one prepared indexed read, one AES-256-GCM open, one TOTP. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.FLOOR_DATABASE_URL, max: 10 });
const key = randomBytes(32);
const id = randomUUID();
await pool.query('CREATE TABLE IF NOT EXISTS bench_floor (id uuid PRIMARY KEY, secret bytea NOT NULL)');
await pool.query('INSERT INTO bench_floor VALUES ($1, $2)', [
  id,
  seal(Buffer.from('Hello!\xde\xad\xbe\xef', 'latin1')),
]);

const app = Fastify();
app.get('/code/:id', async (request) => {
  const { rows } = await pool.query({
    name: 'floor',
    text: 'SELECT secret FROM bench_floor WHERE id = $1',
    values: [/** @type {{ id: string }} */ (request.params).id],
  });
  const now = Date.now();
  return { code: totp(open(rows[0].secret), now), expires_in: Math.ceil((30_000 - (now % 30_000)) / 1_000) };
});
process.send?.({ url: await app.listen({ port: 0, host: '127.0.0.1' }), id });
process.on('SIGTERM', async () => {
  await pool.query('DROP TABLE IF EXISTS bench_floor');
  process.exit(0);
});

/** @param {Buffer} plaintext */
function seal(plaintext) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @param {Buffer} sealed */
function open(sealed) {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
}

/**
 * @param {Buffer} secret
 * @param {number} nowMs
 */
function totp(secret, nowMs) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
