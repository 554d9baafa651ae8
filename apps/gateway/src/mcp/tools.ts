import { z } from 'zod';
import type { Api } from './api.js';

export interface Tool {
  name: string;
  title: string;
  description: string;
  input: z.ZodRawShape;
  isReadOnly: boolean;
  /** Answers what the API answers. */
  run: (input: never, api: Api) => Promise<unknown>;
}

/** Shorter than the 60 s after which MCP clients give a request up. */
const longestWaitSeconds = 50;

const login = {
  permissioned_user_id: z.string().optional().describe('Whose login it is, with domain'),
  domain: z.string().optional().describe('Site of the login, such as github.com'),
  credential_id: z.string().optional().describe('The login by its id, instead of the two'),
  otp_secret_id: z.string().optional().describe('An authenticator secret that belongs to no login'),
};
const opening = {
  ...login,
  message: z.string().optional().describe('Shown to the human who may be asked: what the site says'),
  session_id: z.string().optional().describe('Names your run, so that its challenges belong together'),
  factors: z
    .array(z.enum(['authenticator', 'email', 'sms', 'magic_link', 'user']))
    .optional()
    .describe("Ways to try, in order. Default: the login's own, then a human"),
  expires_in_seconds: z.number().optional().describe('How long the code may take to come: 10 to 3600, default 300'),
};

/** What an agent can do here: requests of the API, under the agent's own key. */
export const tools: Tool[] = [
  tool({
    name: 'wait_for_code',
    title: 'Wait for a one-time code',
    description:
      'Gets the code (or magic link) for a login that stands at its 2FA prompt, whoever has it: authenticator, e-mail, SMS or a human. ' +
      `Call it when the prompt is shown. Answers within ${longestWaitSeconds} s; while status is "pending", call it again with challenge_id.`,
    input: {
      ...opening,
      challenge_id: z.string().optional().describe('Go on waiting for this challenge; nothing else is needed then'),
      wait_seconds: z.number().min(0).max(longestWaitSeconds).default(45),
    },
    isReadOnly: false,
    run: async ({ challenge_id, wait_seconds, ...asked }, api) => {
      const wait = (id: string) => api.get(`/v1/challenges/${encodeURIComponent(id)}`, { wait: String(wait_seconds) });
      if (challenge_id !== undefined) return wait(challenge_id);
      const opened = (await api.post('/v1/challenges', asked)) as { id: string; status: string };
      return opened.status === 'pending' ? wait(opened.id) : opened;
    },
  }),
  tool({
    name: 'get_code',
    title: 'Read the current code',
    description:
      'The code that is there right now: of an authenticator, or the newest from e-mail or SMS. Fails when there is none; ' +
      'wait_for_code waits for one.',
    input: {
      permissioned_user_id: login.permissioned_user_id,
      domain: login.domain,
      otp_secret_id: login.otp_secret_id,
    },
    isReadOnly: false,
    run: ({ otp_secret_id, ...pair }, api) =>
      otp_secret_id === undefined
        ? api.get('/vault/tfa-code', pair)
        : api.post(`/v1/otp-secrets/${encodeURIComponent(otp_secret_id)}/code`, {}),
  }),
  tool({
    name: 'list_credentials',
    title: 'List logins',
    description:
      'The stored logins: whose, for which site, and how their codes come. No password and no secret is shown.',
    input: { domain: z.string().optional().describe('Only logins whose domain contains this') },
    isReadOnly: true,
    run: async ({ domain = '' }, api) => {
      const all = (await api.get('/vault')) as Record<string, unknown>[];
      return { credentials: all.filter((one) => String(one['domain']).includes(domain)).map(briefly) };
    },
  }),
  tool({
    name: 'open_challenge',
    title: 'Ask for a code, without waiting',
    description:
      'Opens a challenge and answers at once. An authenticator resolves it right away; else wait_for_code with its id waits for it.',
    input: opening,
    isReadOnly: false,
    run: (asked, api) => api.post('/v1/challenges', asked),
  }),
  tool({
    name: 'submit_code',
    title: "Hand in a human's code",
    description: 'Answers an open challenge with a code that a human has told you.',
    input: { challenge_id: z.string(), code: z.string() },
    isReadOnly: false,
    run: ({ challenge_id, code }, api) => api.post(`/v1/challenges/${encodeURIComponent(challenge_id)}/code`, { code }),
  }),
];

/** Ties what a tool's `run` gets to its `input`. */
function tool<Shape extends z.ZodRawShape>(
  definition: Omit<Tool, 'input' | 'run'> & {
    input: Shape;
    run: (input: z.output<z.ZodObject<Shape>>, api: Api) => Promise<unknown>;
  },
): Tool {
  return definition;
}

function briefly(credential: Record<string, unknown>) {
  const { id, permissioned_user_id, domain, user_alias, tfa_method, tfa_email, tfa_phone_number } = credential;
  return { id, permissioned_user_id, domain, user_alias, tfa_method, tfa_email, tfa_phone_number };
}
