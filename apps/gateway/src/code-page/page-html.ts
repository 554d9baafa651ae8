import type { FieldError } from '@otpost/contracts';
import { cardHtml, escape, pageDocument, type Card } from './page-document.js';
import type { PageField } from './page-fields.js';

export interface OpenPage {
  message: string | null;
  currentStep: string | null;
  fields: readonly PageField[];
  expiresAt: string;
  /** Of the answer that was sent just now. */
  errors: readonly FieldError[];
}

export type OverPage = 'done' | 'expired' | 'cancelled' | 'unknown' | 'busy' | 'unavailable';

const footer = 'Codes go to the sign-in that asked for them, and are not kept. Never enter a password here.';

const overTexts: Record<OverPage, Card> = {
  done: { title: 'Thank you', text: 'The code has arrived. You can close this page.', mark: '✓', isGood: true },
  expired: {
    title: 'Too late',
    text: 'This request has expired. If a code is still needed, you will be asked again.',
    mark: '–',
  },
  cancelled: {
    title: 'No longer needed',
    text: 'This request was taken back. There is nothing left to do here.',
    mark: '–',
  },
  unknown: {
    title: 'This link leads nowhere',
    text: 'It may have been cut off. Please open it again from the message.',
    mark: '?',
  },
  busy: {
    title: 'One moment',
    text: 'There were too many tries in a short time. Please wait a few seconds, then load the page again.',
    mark: '…',
  },
  unavailable: {
    title: 'Out of reach',
    text: 'This cannot be answered right now. Please load the page again in a moment.',
    mark: '…',
  },
};

/** The form. It works without a script; the script adds the count-down. */
export function openPage({ message, currentStep, fields, expiresAt, errors }: OpenPage): string {
  const general = errors.filter(({ path }) => !fields.some(({ name }) => name === path.split('.')[0]));
  const firstWrong = fields.find((field) => errorsOf(field, errors).length > 0) ?? fields[0];
  return pageDocument(
    errors.length > 0 ? 'Please check your answer' : 'A code is needed',
    `<h1>A code is needed</h1>
${currentStep === null ? '' : `<p class="step">${escape(currentStep)}</p>`}
<p class="message">${escape(message ?? 'A sign-in is waiting for the code that was sent to you.')}</p>
${errors.length === 0 ? '' : `<div class="alert" role="alert"><strong>That does not fit yet.</strong> ${general.map((error) => escape(sentence(error))).join(' ') || 'Please look at the marked field and send it again.'}</div>`}
<form method="post" autocomplete="off">
${fields.map((field) => fieldHtml(field, errors, field === firstWrong)).join('\n')}
<button type="submit">Send</button>
</form>
<p class="time" id="time" data-expires="${escape(expiresAt)}">Open until <time datetime="${escape(expiresAt)}">${escape(clockTime(expiresAt))}</time></p>
<p class="sr" id="spoken" role="status"></p>`,
    footer,
  );
}

/** A page on which there is nothing to do. */
export function overPage(state: OverPage): string {
  return pageDocument(overTexts[state].title, cardHtml(overTexts[state]), footer);
}

function fieldHtml(field: PageField, errors: readonly FieldError[], hasFocus: boolean): string {
  const wrong = errorsOf(field, errors);
  const id = `field-${encodeURIComponent(field.name)}`;
  const described = [field.hint === null ? '' : `${id}-hint`, wrong.length > 0 ? `${id}-error` : '']
    .filter(Boolean)
    .join(' ');
  const shared = [
    `id="${escape(id)}" name="${escape(field.name)}"`,
    field.isRequired && field.kind !== 'yes_no' ? 'required' : '',
    hasFocus ? 'autofocus' : '',
    wrong.length > 0 ? 'aria-invalid="true"' : '',
    described === '' ? '' : `aria-describedby="${escape(described)}"`,
  ]
    .filter(Boolean)
    .join(' ');
  const notes = `${field.hint === null ? '' : `<p class="hint" id="${escape(id)}-hint">${escape(field.hint)}</p>`}${
    wrong.length === 0
      ? ''
      : `<p class="error" id="${escape(id)}-error">${wrong.map((error) => escape(sentence(error))).join(' ')}</p>`
  }`;
  if (field.kind === 'yes_no') {
    return `<div class="field"><label class="check"><input type="checkbox" value="yes" ${shared}> ${escape(field.label)}</label>${notes}</div>`;
  }
  return `<div class="field"><label for="${escape(id)}">${escape(field.label)}${field.isRequired ? '' : ' <span class="optional">(optional)</span>'}</label>
${controlHtml(field, shared)}${notes}</div>`;
}

function controlHtml(field: PageField, shared: string): string {
  if (field.kind === 'choice') {
    const options = field.choices.map((choice) => `<option>${escape(choice)}</option>`).join('');
    return `<select ${shared}>${field.isRequired ? '' : '<option value=""></option>'}${options}</select>`;
  }
  if (field.kind === 'json') return `<textarea rows="4" spellcheck="false" ${shared}></textarea>`;
  const keypad = field.isDigits ? 'numeric' : 'text';
  const code = field.isCode ? 'autocomplete="one-time-code" class="code"' : 'autocomplete="off"';
  // Room for the spaces that people type; the answer's form is looked at when it has arrived.
  const length = field.maxLength === null ? 1_024 : Math.min(1_024, field.maxLength * 2 + 8);
  return `<input type="text" inputmode="${keypad}" ${code} autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="send" maxlength="${length}" ${shared}>`;
}

function errorsOf({ name }: PageField, errors: readonly FieldError[]): FieldError[] {
  return errors.filter(({ path }) => path.split('.')[0] === name);
}

/** The validator's words, for people. */
function sentence({ message }: FieldError): string {
  if (message === 'required') return 'This is needed.';
  const pattern = /^must match pattern/.test(message) ? 'This has another form than the code that is asked for.' : null;
  const shorter = /must NOT have fewer than (\d+)/.exec(message);
  const longer = /must NOT have more than (\d+)/.exec(message);
  if (shorter !== null) return `This is too short: ${shorter[1] ?? ''} or more characters are asked for.`;
  if (longer !== null) return `This is too long: at most ${longer[1] ?? ''} characters are asked for.`;
  return pattern ?? `This ${message}.`;
}

function clockTime(iso: string): string {
  return `${iso.slice(11, 16)} UTC`;
}
