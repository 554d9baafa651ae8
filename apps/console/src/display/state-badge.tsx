import { Badge } from '@mantine/core';

/** What a word of the API means at a glance. */
const colours: Record<string, string> = {
  resolved: 'teal',
  delivered: 'teal',
  deposited: 'teal',
  enabled: 'teal',
  active: 'teal',
  ready: 'teal',
  sent: 'teal',
  pending: 'blue',
  received: 'blue',
  invited: 'blue',
  retiring: 'blue',
  confirmation: 'blue',
  purchasing: 'blue',
  pending_approval: 'yellow',
  held: 'yellow',
  ambiguous: 'yellow',
  expired: 'orange',
  'link expired': 'orange',
  failed: 'red',
  refused: 'red',
  disabled: 'red',
  revoked: 'red',
};

export function StateBadge({ state }: { state: string }) {
  return (
    <Badge miw="max-content" variant="dot" color={colours[state] ?? 'gray'} tt="none" fw={600}>
      {state.replaceAll('_', ' ')}
    </Badge>
  );
}
