import { z } from 'zod';

/** PostgreSQL has no NUL in JSON, and no half of a surrogate pair. */
const text = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or halves of surrogate pairs');

/**
 * What `credential.extraction_hint` holds: what an operator knows of the codes of one credential. Nothing of it is required of a
 * message; it sharpens the extraction, and `sender` tells whom a message to a shared number is from.
 */
export const extractionHint = z.strictObject({
  /** Characters in the code, without separators. */
  length: z.int().min(3).max(32).optional(),
  alphabet: z.enum(['digits', 'letters', 'alphanumeric']).optional(),
  /** RE2 syntax; check it with `hintPatternProblem` of libs/code-extraction before it is stored. */
  pattern: text.min(1).max(256).optional(),
  /** Address, domain, number or name that the sender must contain. */
  sender: text.min(3).max(320).optional(),
});
export type ExtractionHint = z.output<typeof extractionHint>;
