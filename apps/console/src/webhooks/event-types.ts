import type { WebhookEndpoint } from '../api/types.js';

type EventType = WebhookEndpoint['events'][number];

const meanings: Record<EventType, string> = {
  'interaction.waiting': 'a human is asked',
  'interaction.finished': 'the human has answered',
  'interaction.failed': 'no answer came',
  'code.received': 'a code came in',
  'challenge.resolved': 'a challenge has its code',
  'endpoint.disabled': 'an endpoint is sent nothing any more',
};

export const eventTypes = Object.entries(meanings).map(([value, meaning]) => ({
  value,
  label: `${value}: ${meaning}`,
}));

export function isEventType(text: string): text is EventType {
  return text in meanings;
}
