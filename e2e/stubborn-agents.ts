import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { makeEntry, postMime } from './inbound-senders.js';
import type { System, Workspace } from './system.js';

/** What becomes of a challenge, and who acts on it how. */
export const kinds = ['hotp', 'answered', 'mailed', 'raced', 'late', 'forgotten'] as const;
export type Kind = (typeof kinds)[number];

/** What an agent saw of its challenge. */
export interface Story {
  kind: Kind;
  id: string;
  /** As it ended. */
  status: string;
  /** The code that it must have, if any; of a HOTP secret nobody knows before. */
  code: string | null;
  /** Codes that were delivered, at any time and under any status. */
  delivered: string[];
}

interface View {
  id: string;
  status: string;
  code?: string;
  expires_at: string;
}

interface Worker {
  domain: string;
  address: string;
}

/** For so long an agent asks again and again. */
const patienceSeconds = 180;
/** Nobody was there, something behind it was not, or the first try is still under way: to be asked again. */
const askAgain = new Set([
  'unavailable',
  'overloaded',
  'deadline_exceeded',
  'outcome_unknown',
  'idempotency_in_flight',
]);

/** Agents that take no 503 for an answer. Each has a mailbox of its own, so that it knows which code is whose. */
export class StubbornAgents {
  readonly stories: Story[] = [];
  /** Answers that nobody should ever get, by status and code. */
  readonly complaints: string[] = [];
  opened = 0;
  readonly #following: Promise<void>[] = [];
  #codes = 10_000_000;

  private constructor(
    private readonly system: System,
    private readonly workspace: Workspace,
    private readonly hotpId: string,
    private readonly workers: readonly Worker[],
  ) {}

  static async ready(system: System, workspace: Workspace, hotpId: string, count: number): Promise<StubbornAgents> {
    const workers: Worker[] = [];
    for (let n = 0; n < count; n += 1) {
      const domain = `worker-${n}.example`;
      workers.push({ domain, address: (await makeEntry(system, workspace, domain)).tfa_email });
    }
    return new StubbornAgents(system, workspace, hotpId, workers);
  }

  /** Opens challenges of all kinds until told to stop; resolves when all of them have ended. */
  async work(isEnough: () => boolean): Promise<void> {
    await Promise.all(
      this.workers.map(async (worker, n) => {
        for (let turn = n; !isEnough(); turn += 1) await this.#one(mix[turn % mix.length] ?? 'hotp', worker);
      }),
    );
    await Promise.all(this.#following);
  }

  async #one(kind: Kind, worker: Worker): Promise<void> {
    const code = kind === 'hotp' || kind === 'forgotten' ? null : String((this.#codes += 1));
    const { id, expires_at, ...first } = await this.#open(kind, worker);
    const story: Story = { kind, id, status: 'pending', code, delivered: [] };
    this.stories.push(story);
    if (first.code !== undefined) story.delivered.push(first.code);
    const following = this.#follow(story);
    this.#later(following);
    switch (kind) {
      case 'answered':
        await this.#answer(id, code);
        break;
      case 'raced':
        await Promise.all([this.#answer(id, code), this.#send('DELETE', `/v1/challenges/${id}`)]);
        break;
      case 'late':
        this.#later(this.#answerAt(Date.parse(expires_at) - 30 + Math.random() * 40, id, code));
        break;
      case 'mailed':
        await this.#mail(worker, code);
        await following;
        break;
      case 'hotp':
      case 'forgotten':
    }
  }

  /** Awaited at the end. */
  #later(work: Promise<void>): void {
    work.catch(() => undefined);
    this.#following.push(work);
  }

  async #open(kind: Kind, { domain }: Worker): Promise<View> {
    this.opened += 1;
    const body =
      kind === 'hotp'
        ? { otp_secret_id: this.hotpId }
        : { permissioned_user_id: 'agent', domain, factors: [kind === 'mailed' ? 'email' : 'user'] };
    const seconds = kind === 'late' || kind === 'forgotten' ? 10 : 600;
    return this.#send<View>('POST', '/v1/challenges', { ...body, expires_in_seconds: seconds, session_id: kind });
  }

  async #follow(story: Story): Promise<void> {
    while (story.status === 'pending') {
      const view = await this.#send<View>('GET', `/v1/challenges/${story.id}?wait=20`);
      if (view.code !== undefined) story.delivered.push(view.code);
      story.status = view.status;
    }
  }

  async #answerAt(ms: number, id: string, code: string | null): Promise<void> {
    await sleep(Math.max(0, ms - Date.now()));
    await this.#answer(id, code);
  }

  async #answer(id: string, code: string | null): Promise<void> {
    await this.#send('POST', `/v1/challenges/${id}/code`, { code });
  }

  async #mail({ address }: Worker, code: string | null): Promise<void> {
    const head = `From: login@bank.example\r\nTo: ${address}\r\nSubject: Hello\r\nMessage-ID: <${code}@bank.example>`;
    const mail = Buffer.from(
      `${head}\r\nDate: ${new Date().toUTCString()}\r\n\r\nYour verification code is ${code}\r\n`,
    );
    await this.#again('the MIME hook', async () => {
      const response = await postMime(this.system, mail);
      return response.status === 200 ? {} : undefined;
    });
  }

  /** Until there is an answer that means something: 409 does, since the challenge may have ended. */
  async #send<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.workspace.apiKey}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (method === 'POST') headers['idempotency-key'] = randomUUID();
    return this.#again(`${method} ${path}`, async () => {
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      const response = await fetch(this.system.gatewayUrl + path, init);
      const answer = (await response.json()) as Body & { code?: string };
      if (response.ok || (response.status === 409 && !askAgain.has(answer.code ?? ''))) return answer;
      if (!askAgain.has(answer.code ?? '')) this.complaints.push(`${method} ${response.status} ${answer.code}`);
      return undefined;
    });
  }

  async #again<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + patienceSeconds * 1_000;
    while (Date.now() < end) {
      // A connection that broke is asked again as well.
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined) return answer;
      await sleep(200);
    }
    throw new Error(`${what} was asked in vain for ${patienceSeconds} s`);
  }
}

/** Out of ten. */
const mix: readonly Kind[] = [
  ...['hotp', 'answered', 'mailed', 'hotp', 'answered'],
  ...['raced', 'late', 'hotp', 'answered', 'forgotten'],
] as Kind[];
