import { Alert, Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import type { Statistics } from '../api/types.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { useMay } from '../session/session.js';

/** What became of the webhooks, and which endpoints need somebody to look at them. */
export function WebhookHealth({ deliveries }: { deliveries: Statistics['deliveries'] }) {
  const mayRead = useMay('webhooks:write');
  const { data } = useQuery({
    queryKey: ['webhook-endpoints', 'health'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/webhook-endpoints', { params: { query: { limit: 200 } }, signal })),
    enabled: mayRead,
    refetchInterval: 10_000,
  });
  const ill = data?.items.filter(({ status, failing_since }) => status === 'disabled' || failing_since !== null) ?? [];
  return (
    <Card withBorder>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          Webhooks
        </Title>
        <Anchor component={Link} to="/webhooks" size="sm">
          All endpoints
        </Anchor>
      </Group>
      <Group gap="lg">
        {Object.entries(deliveries).map(([state, count]) => (
          <Group key={state} gap={6}>
            <StateBadge state={state} />
            <Text size="sm">{count}</Text>
          </Group>
        ))}
      </Group>
      {ill.length > 0 && (
        <Stack gap="xs" mt="md">
          {ill.map(({ id, url, status, failing_since }) => (
            <Alert key={id} color={status === 'disabled' ? 'red' : 'orange'} p="xs">
              <Text size="sm" component="span">
                {url} {status === 'disabled' ? 'is disabled' : 'fails'}
                {failing_since === null ? '' : ', since '}
                {failing_since !== null && <Ago at={failing_since} />}
              </Text>
            </Alert>
          ))}
        </Stack>
      )}
    </Card>
  );
}
