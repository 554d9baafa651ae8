import { readFileSync } from 'node:fs';
import { extract } from '../extract.js';
import type { Extraction, Message } from '../message.js';

/** A message with the answer a person would give, by the rules of docs. */
export type LabelledMessage = Message & {
  readonly id: string;
  readonly lang: string;
  readonly service: string | null;
  readonly expect: { readonly code: string | null; readonly link: string | null };
};

export type Measurement = {
  readonly precision: number;
  readonly recall: number;
  readonly failures: readonly { readonly message: LabelledMessage; readonly extraction: Extraction }[];
};

/** The labelled messages beside this file, each file written in one go: `corpus-1.jsonl` and so on. */
export const corpora: readonly string[] = Array.from({ length: 18 }, (_, index) => `corpus-${index + 1}`);

export function readCorpus(name: string): LabelledMessage[] {
  const file = readFileSync(new URL(`./${name}.jsonl`, import.meta.url), 'utf8');
  return file
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LabelledMessage);
}

/** Precision: right among the answers given. Recall: right among the answers there are. */
export function measure(messages: readonly LabelledMessage[]): Measurement {
  let given = 0;
  let right = 0;
  let existing = 0;
  const failures: { message: LabelledMessage; extraction: Extraction }[] = [];
  for (const message of messages) {
    const extraction = extract(message, { serviceName: message.service ?? undefined });
    const { expect } = message;
    const hasAnswer = expect.code !== null || expect.link !== null;
    const isGiven = extraction.code !== null || extraction.link !== null;
    const isRight = hasAnswer ? isGiven && isRightAnswer(extraction, expect) : !isGiven;
    if (hasAnswer) existing++;
    if (isGiven) given++;
    if (isGiven && isRight) right++;
    if (!isRight) failures.push({ message, extraction });
  }
  return { precision: given === 0 ? 1 : right / given, recall: existing === 0 ? 1 : right / existing, failures };
}

/** Where a message has both a code and a link, the code alone is an answer. */
function isRightAnswer(extraction: Extraction, expect: LabelledMessage['expect']): boolean {
  if (expect.code !== null) {
    return extraction.code === expect.code && (extraction.link === null || extraction.link === expect.link);
  }
  return extraction.code === null && extraction.link === expect.link;
}
