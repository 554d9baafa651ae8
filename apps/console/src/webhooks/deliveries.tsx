import { useState } from 'react';
import { Anchor, Button, Drawer, Group, Select, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import { live, useAction, usePages } from '../api/queries.js';
import type { Delivery } from '../api/types.js';
import { Details } from '../display/details.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { Attempts } from './attempts.js';

const states = ['pending', 'delivered', 'failed', 'held', 'dropped'] as const;

export function Deliveries() {
  const [state, setState] = useState<(typeof states)[number] | null>(null);
  const [openId, setOpenId] = useState<string | null>(null);
  const list = usePages(
    ['deliveries', state],
    (page, signal) =>
      bodyOf(
        api.GET('/v1/deliveries', { params: { query: { ...page, ...(state === null ? {} : { state }) } }, signal }),
      ),
    { refetchInterval: live },
  );
  const open = list.items.find(({ id }) => id === openId);
  return (
    <>
      <Select
        data={[...states]}
        value={state}
        onChange={setState}
        placeholder="Any state"
        aria-label="State"
        clearable
        w={170}
        mb="md"
      />
      <Rows<Delivery>
        label="Deliveries"
        list={list}
        keyOf={({ id }) => id}
        onOpen={({ id }) => setOpenId(id)}
        columns={[
          { title: 'Event', isMain: true, cell: ({ event }) => event },
          { title: 'State', cell: (delivery) => <StateBadge state={delivery.state} /> },
          { title: 'Last answer', cell: ({ attempts }) => <LastAnswer of={attempts} /> },
          { title: 'Attempts', cell: ({ attempts }) => attempts.length },
          { title: 'Made', align: 'right', cell: ({ created_at }) => <Ago at={created_at} /> },
        ]}
        empty={
          <EmptyState
            title="No deliveries here"
            text="Each event makes one for each endpoint that wants to know of it. A test event makes one too."
          />
        }
      />
      <Drawer opened={open !== undefined} onClose={() => setOpenId(null)} position="right" size="lg" title="Delivery">
        {open !== undefined && <OneDelivery delivery={open} />}
      </Drawer>
    </>
  );
}

function OneDelivery({ delivery }: { delivery: Delivery }) {
  const { id, event, state, session_id, endpoint_id } = delivery;
  const changes = ['deliveries'];
  const retry = useAction({
    run: () => bodyOf(api.POST('/v1/deliveries/{id}/retry', { params: { path: { id } } })),
    done: ({ attempts }) =>
      attempts.at(-1)?.success === true ? 'It was delivered.' : 'It was sent, and refused again.',
    changes,
  });
  const replay = useAction({
    run: () =>
      bodyOf(api.POST('/webhooks/{session_id}/replay', { params: { path: { session_id: session_id ?? '' } } })),
    done: ({ info }) => info,
    changes,
  });
  return (
    <Stack gap="lg">
      <Details
        of={[
          ['Event', event],
          ['State', <StateBadge key="state" state={state} />],
          ['Session', session_id],
          [
            'Endpoint',
            <Anchor key="endpoint" component={Link} to={`/webhooks/${endpoint_id}`} inherit>
              {endpoint_id}
            </Anchor>,
          ],
        ]}
      />
      <Attempts of={delivery} />
      <Group>
        <Button onClick={() => retry.mutate()} loading={retry.isPending}>
          Send it again
        </Button>
        {session_id !== null && (
          <Button variant="default" onClick={() => replay.mutate()} loading={replay.isPending}>
            Replay the whole session
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function LastAnswer({ of: attempts }: { of: Delivery['attempts'] }) {
  const last = attempts.at(-1);
  if (last === undefined) return <Nothing />;
  return (
    <Text size="sm">
      {last.status ?? last.error?.replaceAll('_', ' ')} · {last.latency_ms} ms
    </Text>
  );
}
