import type { z } from 'zod';
import { challengeCode, challengeView, type ChallengeCode, type ChallengeView } from '@otpost/contracts';
import type { PageUrls } from './page-urls.js';

/** A challenge as clients see it; with its code where it has one to deliver. */
export const challengeAnswer = challengeView
  .omit({ has_page: true })
  .extend({ page_url: challengeView.shape.session_id.optional(), ...challengeCode.shape });
export type ChallengeAnswer = z.output<typeof challengeAnswer>;

/** @param challenge with `delivery` where it is given out */
export function answerOf(
  { has_page, delivery, ...view }: ChallengeView & { delivery?: ChallengeCode | null },
  pages: PageUrls,
): ChallengeAnswer {
  const hasPage = has_page && view.status === 'pending';
  return { ...view, ...(hasPage ? { page_url: pages.of(view.id) } : {}), ...delivery };
}
