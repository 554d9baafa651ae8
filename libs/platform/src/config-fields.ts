import { z } from 'zod';
import { Secret } from '@otpost/envelope';

/** What `.env.example` says of a variable beyond its schema. */
export interface VariableMeta {
  description: string;
  /** Shown in `.env.example` instead of a value. */
  example?: string;
  /** May also come from a file: `<NAME>_FILE` holds its path. Never printed. */
  secret?: true;
}

export const port = z.coerce.number().int().min(0).max(65_535);
export const secretText = (schema: z.ZodString) => schema.transform((text) => new Secret(text));
/** A whole number in these bounds. */
export const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
/** Items separated by commas. */
export const list = z.string().transform((text) => text.split(',').map((item) => item.trim()));
