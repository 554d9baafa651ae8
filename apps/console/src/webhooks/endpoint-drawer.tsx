import { useState } from 'react';
import { Alert, Button, Drawer, Group, Stack, Title } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import type { Delivery, WebhookEndpoint } from '../api/types.js';
import { Confirm } from '../display/confirm.js';
import { Copyable } from '../display/copy.js';
import { Details } from '../display/details.js';
import { ShownOnce } from '../display/shown-once.js';
import { StateBadge } from '../display/state-badge.js';
import { ClockTime } from '../display/time.js';
import { Attempts } from './attempts.js';
import { SignatureSnippet } from './signature-snippet.js';

export function EndpointDrawer({ endpoint, onClose }: { endpoint: WebhookEndpoint | undefined; onClose: () => void }) {
  return (
    <Drawer opened={endpoint !== undefined} onClose={onClose} position="right" size="lg" title="Endpoint">
      {endpoint !== undefined && <Endpoint key={endpoint.id} endpoint={endpoint} onGone={onClose} />}
    </Drawer>
  );
}

function Endpoint({ endpoint, onGone }: { endpoint: WebhookEndpoint; onGone: () => void }) {
  const { id, url, status, events, failing_since, disabled_reason, previous_secret_until } = endpoint;
  const [tested, setTested] = useState<Delivery | null>(null);
  const path = { params: { path: { id } } };
  const changes = ['webhook-endpoints', 'deliveries'];
  const test = useAction({
    run: () => bodyOf(api.POST('/v1/webhook-endpoints/{id}/test', path)),
    onDone: setTested,
    changes,
  });
  const rotate = useAction({
    run: () => bodyOf(api.POST('/v1/webhook-endpoints/{id}/rotate-secret', { ...path, body: {} })),
    changes,
  });
  const turn = useAction({
    run: () =>
      status === 'enabled'
        ? bodyOf(api.PATCH('/v1/webhook-endpoints/{id}', { ...path, body: { status: 'disabled' } }))
        : bodyOf(api.POST('/v1/webhook-endpoints/{id}/enable', path)),
    done: status === 'enabled' ? 'It is sent nothing any more.' : 'It is sent events again.',
    changes,
  });
  const recover = useAction({
    run: () =>
      bodyOf(
        api.POST('/v1/webhook-endpoints/{id}/recover', {
          ...path,
          body: { since: endpoint.disabled_at ?? endpoint.created_at },
        }),
      ),
    done: ({ recovered }) => `${recovered} deliveries are due again.`,
    changes,
  });
  const remove = useAction({
    run: () => api.DELETE('/v1/webhook-endpoints/{id}', path),
    done: 'The endpoint is deleted.',
    changes,
    onDone: onGone,
  });
  return (
    <Stack gap="lg">
      <Details
        of={[
          ['URL', <Copyable key="url" text={url} label="Copy the URL" />],
          ['State', <StateBadge key="state" state={status} />],
          ['Disabled because', disabled_reason],
          ['Failing since', failing_since && <ClockTime at={failing_since} />],
          ['Events', events.length === 0 ? 'all' : events.join(', ')],
          ['Old secret signs until', previous_secret_until && <ClockTime at={previous_secret_until} />],
        ]}
      />
      <Group gap="sm">
        <Button onClick={() => test.mutate()} loading={test.isPending}>
          Send a test event
        </Button>
        <Button variant="default" onClick={() => turn.mutate()} loading={turn.isPending}>
          {status === 'enabled' ? 'Disable' : 'Enable'}
        </Button>
        <Button variant="default" onClick={() => recover.mutate()} loading={recover.isPending}>
          Send what failed again
        </Button>
      </Group>
      {tested !== null && (
        <Alert color={tested.state === 'delivered' ? 'teal' : 'orange'} title="The test event">
          <Attempts of={tested} />
        </Alert>
      )}
      <Stack gap="xs">
        <Title order={3} size="h6">
          Signature
        </Title>
        {rotate.data !== undefined && <ShownOnce secret={rotate.data.secret} label="signing secret" />}
        <SignatureSnippet />
        <Group>
          <Confirm
            label="New secret"
            size="xs"
            color="gray"
            title="Make a new signing secret?"
            text="For a day both sign, so that nothing is refused while you change it over."
            onConfirm={() => rotate.mutate()}
          />
          <Confirm
            label="Delete the endpoint"
            size="xs"
            title={`Delete ${url}?`}
            text="Its deliveries go with it."
            onConfirm={() => remove.mutate()}
          />
        </Group>
      </Stack>
    </Stack>
  );
}
