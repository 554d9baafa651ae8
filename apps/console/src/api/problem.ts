import type { components } from '../generated/openapi.js';

type ProblemBody = components['schemas']['Problem'];

/** The API said no, or could not be reached. */
export class Problem extends Error {
  readonly code: ProblemBody['code'] | 'unreachable';
  readonly fields: { path: string; message: string }[];
  readonly requestId: string | undefined;

  constructor(
    readonly status: number,
    body: ProblemBody | null,
  ) {
    super(body?.detail ?? `otpost answered with status ${status}.`);
    this.code = body?.code ?? 'unreachable';
    this.fields = body?.errors ?? [];
    this.requestId = body?.request_id;
  }
}

/** For people, whatever went wrong. */
export function messageOf(error: unknown): string {
  if (error instanceof Problem) {
    const fields = error.fields.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    return fields.length > 0 ? fields.join('; ') : sentence(error.message);
  }
  return 'otpost cannot be reached at the moment.';
}

/** What went wrong with each field of a form, by the field's name. */
export function fieldErrorsOf(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(error.fields.map(({ path, message }) => [path, message]));
}

/** As people write it: the API’s own texts begin small and end without a stop. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
