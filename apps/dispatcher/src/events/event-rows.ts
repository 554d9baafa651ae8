import type { EventView } from '@otpost/contracts';
import type { Event } from '@otpost/database';
import type { PageLinks } from './page-links.js';

type Json = EventView['payload'];

/** What an event tells, as it leaves: with the link to the page that is not stored. */
export function payloadOf(event: Pick<Event, 'type' | 'payload' | 'challengeId'>, pages: PageLinks): Json {
  const payload = event.payload as Json;
  if (event.type !== 'interaction.waiting' || event.challengeId === null) return payload;
  return { ...payload, page_url: pages.pageUrl(event.challengeId) };
}

export function viewOfEvent(row: Event, pages: PageLinks): EventView {
  return {
    id: row.id,
    event: row.type,
    session_id: row.sessionId,
    client_id: row.clientId,
    challenge_id: row.challengeId,
    payload: payloadOf(row, pages),
    metadata: row.metadata as Json | null,
    created_at: row.createdAt.toISOString(),
  };
}
