// @ts-check
/** The floor of 'store a message': bare node:http, and bare smtp-server, each with one insert. Proves nobody, parses nothing, seals nothing. */
import { createServer } from 'node:http';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';

const pool = new pg.Pool({ connectionString: process.env.FLOOR_DATABASE_URL, max: 10 });
await pool.query('CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, message text NOT NULL)');
const insert = (/** @type {string} */ message) =>
  pool.query({ name: 'floor', text: 'INSERT INTO bench_floor (message) VALUES ($1)', values: [message] });

const http = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
  request.on('end', () => void insert(body).then(() => response.end('<Response/>')));
});
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  onData: (stream, _session, done) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    stream.on('end', () => void insert(text).then(() => done()));
  },
});
await new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve(undefined)));
await new Promise((resolve) => smtp.listen(0, '127.0.0.1', () => resolve(undefined)));
const portOf = (/** @type {{ address(): unknown }} */ server) =>
  /** @type {import('node:net').AddressInfo} */ (server.address()).port;
process.send?.({ http: portOf(http), smtp: portOf(smtp.server) });
process.once('disconnect', async () => {
  await pool.query('DROP TABLE IF EXISTS bench_floor');
  process.exit(0);
});
