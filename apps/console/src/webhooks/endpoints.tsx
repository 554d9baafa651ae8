import { useState } from 'react';
import { Button, Group, Text } from '@mantine/core';
import { useNavigate } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import { usePages } from '../api/queries.js';
import type { WebhookEndpoint } from '../api/types.js';
import { EmptyState } from '../display/empty-state.js';
import { Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { EndpointDrawer } from './endpoint-drawer.js';
import { EndpointForm } from './endpoint-form.js';

export function Endpoints({ openId }: { openId: string | null }) {
  const [isAdding, setIsAdding] = useState(false);
  const navigate = useNavigate();
  const list = usePages(
    ['webhook-endpoints'],
    (page, signal) => bodyOf(api.GET('/v1/webhook-endpoints', { params: { query: page }, signal })),
    { refetchInterval: 10_000 },
  );
  const add = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsAdding(true)}>
      Add an endpoint
    </Button>
  );
  return (
    <>
      {list.items.length > 0 && (
        <Group justify="flex-end" mb="md">
          {add}
        </Group>
      )}
      <Rows<WebhookEndpoint>
        label="Endpoints"
        list={list}
        keyOf={({ id }) => id}
        onOpen={({ id }) => void navigate(`/webhooks/${id}`)}
        columns={[
          { title: 'URL', isMain: true, cell: ({ url }) => url },
          { title: 'Description', cell: ({ description }) => <Text size="sm">{description}</Text> },
          { title: 'Events', cell: ({ events }) => (events.length === 0 ? 'all' : events.join(', ')) },
          {
            title: 'State',
            cell: ({ status, failing_since }) => (
              <StateBadge state={status === 'enabled' && failing_since !== null ? 'failed' : status} />
            ),
          },
          { title: 'Added', align: 'right', cell: ({ created_at }) => <Ago at={created_at} /> },
        ]}
        empty={
          <EmptyState
            title="No endpoints yet"
            text="Add a URL of yours: it is told when a human is asked, when a code came in and when a challenge has ended. Never a code itself."
          >
            {add}
          </EmptyState>
        }
      />
      <EndpointForm opened={isAdding} onClose={() => setIsAdding(false)} />
      <EndpointDrawer
        endpoint={openId === null ? undefined : list.items.find(({ id }) => id === openId)}
        onClose={() => void navigate('/webhooks')}
      />
    </>
  );
}
