import { useState } from 'react';
import { Box, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { useAction, usePages } from '../api/queries.js';
import type { Seat, SeatSignIn } from '../api/types.js';
import { Confirm } from '../display/confirm.js';
import { Copyable } from '../display/copy.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { PageHeader } from '../layout/page-header.js';
import { signInPath } from '../session/paths.js';
import { useSession } from '../session/session.js';
import { InviteForm } from './invite-form.js';
import { SeatForm } from './seat-form.js';

export default function SeatsPage() {
  /** The seat in the form; `new` for one that is not there yet. */
  const [open, setOpen] = useState<Seat | 'new' | null>(null);
  const [invited, setInvited] = useState<Seat | null>(null);
  const signIns = useSignIns();
  const list = usePages(['seats'], (page, signal) => bodyOf(api.GET('/v1/seats', { params: { query: page }, signal })));
  const remove = useAction({
    run: (id: string) => api.DELETE('/v1/seats/{id}', { params: { path: { id } } }),
    done: 'The seat is removed.',
    changes: ['seats', 'seat-sign-ins', 'session'],
  });
  const shutOut = useAction({
    run: (id: string) => api.DELETE('/v1/seats/{id}/sign-in', { params: { path: { id } } }),
    done: 'It signs in no more, and its sessions have ended.',
    changes: ['seat-sign-ins', 'session'],
  });
  const add = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setOpen('new')}>
      Add a seat
    </Button>
  );
  return (
    <>
      <PageHeader title="Seats" text="The people of the workspace, who may be asked for codes, and may sign in here.">
        {list.items.length > 0 && add}
      </PageHeader>
      <Rows<Seat>
        label="Seats"
        list={list}
        keyOf={({ seat_id }) => seat_id}
        onOpen={setOpen}
        columns={[
          { title: 'Mail', isMain: true, cell: ({ email }) => email },
          {
            title: 'Name',
            cell: ({ first_name, last_name }) => [first_name, last_name].filter(Boolean).join(' ') || <Nothing />,
          },
          { title: 'Number', cell: ({ forwarding_number }) => forwarding_number ?? <Nothing /> },
          { title: 'Sign-in', cell: ({ seat_id }) => <SignInState of={signIns.get(seat_id)} /> },
          { title: 'Added', cell: ({ created_at }) => <Ago at={created_at} /> },
          {
            title: '',
            align: 'right',
            cell: (seat) => (
              <Group gap={4} justify="flex-end">
                <Button variant="subtle" size="compact-sm" onClick={() => setInvited(seat)}>
                  {signIns.has(seat.seat_id) ? 'New link' : 'Let sign in'}
                </Button>
                {signIns.has(seat.seat_id) && (
                  <Confirm
                    label="Shut out"
                    size="compact-sm"
                    variant="subtle"
                    title={`Let ${seat.email} sign in no more?`}
                    text="Password and authenticator are forgotten, and every session ends. The seat stays."
                    onConfirm={() => shutOut.mutate(seat.seat_id)}
                  />
                )}
                <Confirm
                  label="Remove"
                  size="compact-sm"
                  variant="subtle"
                  title={`Remove ${seat.email}?`}
                  text="Nobody will be asked by this name any more, or sign in by it."
                  onConfirm={() => remove.mutate(seat.seat_id)}
                />
              </Group>
            ),
          },
        ]}
        empty={
          <EmptyState title="No seats yet" text="Add whoever should be asked when no machine has the code.">
            {add}
          </EmptyState>
        }
      />
      {signIns.size > 0 && <SignInAddress />}
      <SeatForm seat={open} onClose={() => setOpen(null)} />
      <InviteForm
        seat={invited}
        signIn={invited === null ? undefined : signIns.get(invited.seat_id)}
        onClose={() => setInvited(null)}
      />
    </>
  );
}

/** All of them, by the seat's id: they are few, and belong to any row of the list. */
function useSignIns(): Map<string, SeatSignIn> {
  const { data } = useQuery({
    queryKey: ['seat-sign-ins'],
    queryFn: async ({ signal }) => {
      const all: SeatSignIn[] = [];
      for (let cursor: string | undefined; ;) {
        const query = { limit: 200, ...(cursor === undefined ? {} : { cursor }) };
        const { items, next_cursor } = await bodyOf(api.GET('/v1/seat-sign-ins', { params: { query }, signal }));
        all.push(...items);
        if (next_cursor === null) return all;
        cursor = next_cursor;
      }
    },
  });
  return new Map((data ?? []).map((signIn) => [signIn.seat_id, signIn]));
}

function SignInState({ of: signIn }: { of: SeatSignIn | undefined }) {
  if (signIn === undefined) return <Nothing />;
  const { status, setup_expires_at, last_signed_in_at } = signIn;
  const isOver = status === 'invited' && setup_expires_at === null;
  return (
    <Box>
      <StateBadge state={isOver ? 'link expired' : status} />
      {last_signed_in_at !== null && (
        <Text size="xs" c="dimmed">
          <Ago at={last_signed_in_at} />
        </Text>
      )}
    </Box>
  );
}

function SignInAddress() {
  const { workspace } = useSession();
  const address = `${location.origin}/console${signInPath}/${workspace.id}`;
  return (
    <Group mt="md" gap="xs">
      <Text size="sm" c="dimmed">
        Seats sign in at
      </Text>
      <Copyable text={address} label="Copy the sign-in address" />
    </Group>
  );
}
