import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import type { Credential } from '../api/types.js';
import { Confirm } from '../display/confirm.js';
import { Copyable } from '../display/copy.js';
import { ClockTime } from '../display/time.js';
import { useMay } from '../session/session.js';

/** The address that a login's mail goes to: to copy, to make, to change for another one. */
export function Inbox({ credential: { id } }: { credential: Credential }) {
  const mayWrite = useMay('vault:write');
  const { data } = useQuery({
    queryKey: ['inboxes', id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/inboxes', { params: { query: { credential_id: id, limit: 1 } }, signal })),
  });
  const inbox = data?.items[0];
  const changes = ['inboxes', 'credentials'];
  const make = useAction({
    run: () => api.POST('/v1/inboxes', { body: { credential_id: id } }),
    done: 'The inbox is there.',
    changes,
  });
  const rotate = useAction({
    run: (inboxId: string) => api.POST('/v1/inboxes/{id}/rotate', { params: { path: { id: inboxId } }, body: {} }),
    done: 'It has a new address. The old one takes mail for a day more.',
    changes,
  });
  if (data === undefined) return null;
  return (
    <Stack gap="xs">
      <Title order={3} size="h6">
        Inbox
      </Title>
      {inbox === undefined ? (
        <Group>
          <Text size="sm" c="dimmed">
            It has none yet.
          </Text>
          {mayWrite && (
            <Button variant="light" size="xs" onClick={() => make.mutate()} loading={make.isPending}>
              Make one
            </Button>
          )}
        </Group>
      ) : (
        <>
          <Copyable text={inbox.address} label="Copy the address" />
          {inbox.previous_addresses.map(({ address, valid_until }) => (
            <Text key={address} size="xs" c="dimmed">
              {address} takes mail until <ClockTime at={valid_until} />
            </Text>
          ))}
          {mayWrite && (
            <Confirm
              label="New address"
              size="xs"
              color="gray"
              title="Give it a new address?"
              text="The present one takes mail for a day more. Whoever sends to it needs to know the new one by then."
              onConfirm={() => rotate.mutate(inbox.id)}
              style={{ alignSelf: 'flex-start' }}
            />
          )}
        </>
      )}
    </Stack>
  );
}
