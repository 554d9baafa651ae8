// @ts-check
/**
 * The floor of challenges: one process that keeps a code as a row, tells of it through Redis and answers who waits for it. Nothing is
 * authenticated, sealed or looked at. Arguments: the database's URL, Redis's; sends its port.
 */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import pg from 'pg';

const [databaseUrl = '', redisUrl = ''] = process.argv.slice(2);
const database = new pg.Client({ connectionString: databaseUrl });
await database.connect();
await database.query('CREATE TABLE IF NOT EXISTS bench_floor (id text, code text)');
const redis = new Redis(redisUrl);
const subscriber = redis.duplicate();
/** @type {Map<string, import('node:http').ServerResponse>} */
const waiting = new Map();
await subscriber.subscribe('bench-floor');
subscriber.on('message', async (_, id) => {
  const { rows } = await database.query({
    name: 'read',
    text: 'SELECT code FROM bench_floor WHERE id = $1',
    values: [id],
  });
  waiting.get(id)?.end(JSON.stringify({ status: 'resolved', code: rows[0].code }));
});

const server = createServer((request, response) => {
  const id = request.url ?? '';
  if (request.method === 'GET') return waiting.set(id, response);
  request.resume().on('end', async () => {
    await database.query({ name: 'keep', text: 'INSERT INTO bench_floor VALUES ($1, $2)', values: [id, '123456'] });
    await redis.publish('bench-floor', id);
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
});
process.on('message', async () => {
  await database.query('DROP TABLE bench_floor');
  process.exit();
});
