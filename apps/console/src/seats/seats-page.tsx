import { useState } from 'react';
import { Button } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction, usePages } from '../api/queries.js';
import type { Seat } from '../api/types.js';
import { Confirm } from '../display/confirm.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { PageHeader } from '../layout/page-header.js';
import { SeatForm } from './seat-form.js';

export default function SeatsPage() {
  /** The seat in the form; `new` for one that is not there yet. */
  const [open, setOpen] = useState<Seat | 'new' | null>(null);
  const list = usePages(['seats'], (page, signal) => bodyOf(api.GET('/v1/seats', { params: { query: page }, signal })));
  const remove = useAction({
    run: (id: string) => api.DELETE('/v1/seats/{id}', { params: { path: { id } } }),
    done: 'The seat is removed.',
    changes: ['seats'],
  });
  const add = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setOpen('new')}>
      Add a seat
    </Button>
  );
  return (
    <>
      <PageHeader title="Seats" text="The people of the workspace, who may be asked for codes.">
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
          { title: 'Added', cell: ({ created_at }) => <Ago at={created_at} /> },
          {
            title: '',
            align: 'right',
            cell: ({ seat_id, email }) => (
              <Confirm
                label="Remove"
                size="compact-sm"
                variant="subtle"
                title={`Remove ${email}?`}
                text="Nobody will be asked by this name any more."
                onConfirm={() => remove.mutate(seat_id)}
              />
            ),
          },
        ]}
        empty={
          <EmptyState title="No seats yet" text="Add whoever should be asked when no machine has the code.">
            {add}
          </EmptyState>
        }
      />
      <SeatForm seat={open} onClose={() => setOpen(null)} />
    </>
  );
}
