// @ts-check
/**
 * `./otpost bench codes`: the code path through gateway and vault, beside the floor measured in the same run: bare Fastify, one prepared
 * indexed read, AES-256-GCM open, TOTP. The floor authenticates nobody, crosses no process and writes no audit.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closedLoop } from './closed-loop.mjs';

const system = JSON.parse(process.env.OTPOST_BENCH_SYSTEM ?? 'null');
if (system === null) throw new Error('run it as ./otpost bench codes');

const concurrencies = [1, 16, 64];
const seconds = Number(process.env.OTPOST_BENCH_SECONDS ?? 5);
/** @type {Record<string, string>} */
let headers = { authorization: `Bearer ${system.demo.api_key}` };
// The default limit of a key, 5,000 requests a second, is what is not measured here.
const unlimited = await post('/v1/api-keys', {
  name: 'bench',
  scopes: ['codes:read', 'vault:write'],
  rate_limit_per_second: 1_000_000,
});
headers = { authorization: `Bearer ${unlimited.key}` };
const seed = 'JBSWY3DPEHPK3PXP';

const { totp_secret: secret } = await post('/api/v2/totp/secrets', { label: 'bench', secret: seed });
const entry = { permissioned_user_id: 'bench', domain: 'bench.example', tfa_method: 'AUTHENTICATOR', tfa_secret: seed };
await post('/vault', entry, [201, 409]);

const environment = { ...process.env, FLOOR_DATABASE_URL: system.database_url };
const floor = fork(new URL('./codes-floor.mjs', import.meta.url), { env: environment });
const [{ url: floorUrl, id: floorId }] = await once(floor, 'message');

const gateway = { origin: system.gateway_url, headers };
const routes = [
  { name: 'floor', origin: floorUrl, path: `/code/${floorId}`, headers: {} },
  { name: 'GET /api/v2/totp/code/{id}', ...gateway, path: `/api/v2/totp/code/${secret.id}` },
  { name: 'GET /vault/tfa-code', ...gateway, path: '/vault/tfa-code?permissioned_user_id=bench&domain=bench.example' },
];

console.log('route                          connections   codes/s   p50 ms   p99 ms   of the floor');
for (const connections of concurrencies) {
  let floorRate = 0;
  for (const route of routes) {
    await closedLoop({ ...route, connections, seconds: 1 }); // warm
    const { rate, p50, p99, failures } = await closedLoop({ ...route, connections, seconds });
    const isFloor = route.name === 'floor';
    if (isFloor) floorRate = rate;
    const columns = [
      route.name.padEnd(30),
      String(connections).padStart(12),
      rate.toFixed(0).padStart(10),
      p50.toFixed(2).padStart(9),
      p99.toFixed(2).padStart(9),
      (isFloor ? '' : (rate / floorRate).toFixed(2)).padStart(15),
      failures > 0 ? `   ${failures} failed` : '',
    ];
    console.log(columns.join(''));
  }
}
floor.kill('SIGTERM');

/**
 * @param {string} path
 * @param {unknown} body
 * @param {number[]} [accepted]
 */
async function post(path, body, accepted = [200, 201]) {
  const response = await fetch(system.gateway_url + path, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!accepted.includes(response.status)) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
