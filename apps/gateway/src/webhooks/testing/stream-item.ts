import type { StreamItem } from '../event-stream.js';

/** An event at a place of a stream, for one client or for all. */
export function item(position: number, clientId: string | null = null): StreamItem {
  return {
    position,
    id: `01977000-0000-7000-8000-${String(position).padStart(12, '0')}`,
    event: 'challenge.resolved',
    session_id: `s${position}`,
    client_id: clientId,
    challenge_id: null,
    payload: { session_id: `s${position}` },
    metadata: null,
    created_at: '2026-01-02T03:04:05.678Z',
  };
}
