import { useState } from 'react';
import { Button, Text } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction, usePages } from '../api/queries.js';
import type { PhoneNumber } from '../api/types.js';
import { useCredentialNames } from '../credentials/credential-names.js';
import { Confirm } from '../display/confirm.js';
import { Copyable } from '../display/copy.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Icon } from '../layout/icons.js';
import { PageHeader } from '../layout/page-header.js';
import { useMay } from '../session/session.js';
import { NumberForm } from './number-form.js';

export default function NumbersPage() {
  const [isAdding, setIsAdding] = useState(false);
  const nameOf = useCredentialNames();
  const mayWrite = useMay('vault:write');
  const list = usePages(['numbers'], (page, signal) =>
    bodyOf(api.GET('/v1/phone-numbers', { params: { query: page }, signal })),
  );
  const remove = useAction({
    run: (id: string) => api.DELETE('/v1/phone-numbers/{id}', { params: { path: { id } } }),
    done: 'The number is gone.',
    changes: ['numbers', 'credentials'],
  });
  const add = mayWrite && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsAdding(true)}>
      Add a number
    </Button>
  );
  return (
    <>
      <PageHeader title="Numbers" text="Phone numbers whose SMS become codes.">
        {list.items.length > 0 && add}
      </PageHeader>
      <Rows<PhoneNumber>
        label="Numbers"
        list={list}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Number', isMain: true, cell: ({ e164 }) => <Copyable text={e164} label={`Copy ${e164}`} /> },
          { title: 'Use', cell: ({ mode }) => mode },
          {
            title: 'Login',
            cell: ({ credential_id }) => (credential_id === null ? <Nothing /> : nameOf(credential_id)),
          },
          { title: 'State', cell: ({ status }) => <StateBadge state={status} /> },
          {
            title: 'Provider',
            cell: ({ provider, purchased }) => (
              <Text size="sm">{purchased ? `${provider}, bought here` : provider}</Text>
            ),
          },
          {
            title: '',
            align: 'right',
            cell: ({ id, e164, purchased }) =>
              mayWrite && (
                <Confirm
                  label="Delete"
                  size="compact-sm"
                  variant="subtle"
                  title={`Delete ${e164}?`}
                  text={
                    purchased
                      ? 'It goes back to the provider, and somebody else may get it.'
                      : 'SMS to it become no codes any more.'
                  }
                  onConfirm={() => remove.mutate(id)}
                />
              ),
          },
        ]}
        empty={
          <EmptyState
            title="No numbers yet"
            text="Bring one from Twilio along. Dedicated to one login, or shared by several: then a challenge says which login a code is for."
          >
            {add}
          </EmptyState>
        }
      />
      <NumberForm opened={isAdding} onClose={() => setIsAdding(false)} />
    </>
  );
}
