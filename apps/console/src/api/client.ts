import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from '../generated/openapi.js';
import { Problem } from './problem.js';

/** What the gateway wants to see beside the session's cookie: no other site can send it. */
const consoleHeader = { 'x-otpost-console': '1' };

const refusals: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return;
    const body: unknown = await response.json().catch(() => null);
    throw new Problem(response.status, body as components['schemas']['Problem'] | null);
  },
};

/** The API, by its own document. Whatever is not a success is thrown as a {@link Problem}. */
export const api = createClient<paths>({ headers: consoleHeader });
api.use(refusals);

/** The body of an answer. */
export async function bodyOf<Body>(answer: Promise<{ data?: Body }>): Promise<NonNullable<Body>> {
  const { data } = await answer;
  if (data === undefined || data === null) throw new TypeError('an answer without a body');
  return data;
}
