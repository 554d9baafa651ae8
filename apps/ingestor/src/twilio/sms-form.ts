import { z } from 'zod';
import { AppError } from '@otpost/contracts';
import type { FormParameters } from './twilio-proof.js';

const mostParameters = 500;
const mostMedia = 20;

/** The parameters of Twilio's that matter here. `SmsSid` and `SmsMessageSid` repeat `MessageSid`. */
const smsForm = z.object({
  MessageSid: z.string().min(1).max(64),
  From: z.string().max(320).default(''),
  To: z.string().max(64),
  Body: z.string().default(''),
});
export type SmsForm = z.output<typeof smsForm> & { mediaTypes: string[] };

/** @throws AppError `validation_failed` for more parameters than Twilio has */
export function parseForm(body: string): FormParameters {
  const form: FormParameters = Object.create(null) as FormParameters;
  let count = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    if (++count > mostParameters) throw new AppError('validation_failed', 'Too many parameters');
    const earlier = form[name];
    form[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return form;
}

/** The number that a form is for, before anything of it is proven. */
export function numberOf(form: FormParameters): string {
  return typeof form['To'] === 'string' ? form['To'] : '';
}

/** @throws AppError `validation_failed` for a form that is no message */
export function readSmsForm(form: FormParameters): SmsForm {
  const parsed = smsForm.safeParse({ ...form });
  if (!parsed.success) throw new AppError('validation_failed', 'The form is no message');
  const mediaTypes = Object.entries(form)
    .filter(([name]) => /^MediaContentType[0-9]{1,2}$/.test(name))
    .slice(0, mostMedia)
    .map(([, value]) => String(value).slice(0, 255));
  return { ...parsed.data, mediaTypes };
}
