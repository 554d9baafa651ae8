import { Anchor, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import { live } from '../api/queries.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';

/** What came in for a login, and why a code was taken or was not. */
export function LastMessages({ credentialId }: { credentialId: string }) {
  const { data } = useQuery({
    queryKey: ['messages', 'last', credentialId],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/messages', { params: { query: { credential_id: credentialId, limit: 5 } }, signal })),
    refetchInterval: live,
  });
  if (data === undefined) return null;
  if (data.items.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None yet. Whatever is sent to its inbox or number is listed here.
      </Text>
    );
  }
  return (
    <Stack gap="sm">
      {data.items.map(({ id, from, state, reason, received_at }) => (
        <Stack key={id} gap={2}>
          <Group gap="xs" justify="space-between" wrap="nowrap">
            <Anchor component={Link} to={`/messages/${id}`} size="sm" truncate>
              {from ?? 'unknown sender'}
            </Anchor>
            <Group gap="xs" wrap="nowrap">
              <StateBadge state={state} />
              <Text size="xs" c="dimmed">
                <Ago at={received_at} />
              </Text>
            </Group>
          </Group>
          {reason !== null && (
            <Text size="xs" c="dimmed">
              {reason}
            </Text>
          )}
        </Stack>
      ))}
    </Stack>
  );
}
