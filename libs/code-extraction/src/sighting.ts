import type { Passage } from './passage.js';

/** The form of a candidate, which says how usual it is for a code. */
export type Shape = 'digits' | 'groups' | 'cells' | 'tagged' | 'mixed' | 'letters' | 'words' | 'origin' | 'pattern';

/** A stretch of a passage that could be typed as a code. */
export type Sighting = {
  readonly passage: Passage;
  readonly start: number;
  readonly end: number;
  /** What a person would type. */
  readonly value: string;
  readonly shape: Shape;
  /** Comes right behind another number: the two may be one. */
  readonly continues: boolean;
  /** The domain an origin-bound code is bound to. */
  readonly origin?: string | undefined;
};

/** A number that is in the passage but no code: what it is instead, so that a noun before it is known to be spent. */
export type Occupied = { readonly start: number; readonly end: number; readonly isPlain: boolean };
