// @ts-check
import { Client } from 'undici';

/**
 * Loads one GET route for a while: each connection asks again as soon as it was answered.
 * @param {{ origin: string, path: string, headers: Record<string, string>, connections: number, seconds: number }} load
 * @returns {Promise<{ rate: number, p50: number, p99: number, failures: number }>} answers per second; milliseconds
 */
export async function closedLoop({ origin, path, headers, connections, seconds }) {
  /** @type {number[]} */
  const latencies = [];
  let failures = 0;
  const started = performance.now();
  const end = started + seconds * 1_000;
  const ask = async () => {
    const client = new Client(origin, { pipelining: 1 });
    while (performance.now() < end) {
      const asked = performance.now();
      const { statusCode, body } = await client.request({ method: 'GET', path, headers });
      await body.dump();
      latencies.push(performance.now() - asked);
      if (statusCode !== 200) failures += 1;
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: connections }, ask));
  const elapsedSeconds = (performance.now() - started) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { rate: latencies.length / elapsedSeconds, p50: at(0.5) ?? NaN, p99: at(0.99) ?? NaN, failures };
}
