import { useState } from 'react';
import { Button, Group, Text } from '@mantine/core';
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
import { ApproveForm } from './approve-form.js';
import { BuyForm } from './buy-form.js';
import { NumberForm } from './number-form.js';
import { UseForm } from './use-form.js';

export default function NumbersPage() {
  const [isAdding, setIsAdding] = useState(false);
  const [isBuying, setIsBuying] = useState(false);
  const [changed, setChanged] = useState<PhoneNumber | null>(null);
  const [approved, setApproved] = useState<PhoneNumber | null>(null);
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
    <Group gap="sm" justify="center">
      <Button variant="default" onClick={() => setIsBuying(true)}>
        Buy a number
      </Button>
      <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsAdding(true)}>
        Add a number
      </Button>
    </Group>
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
            cell: (number) =>
              mayWrite && (
                <Group gap={4} justify="flex-end">
                  {number.status === 'pending_approval' && (
                    <Button variant="subtle" size="compact-sm" onClick={() => setApproved(number)}>
                      Approve
                    </Button>
                  )}
                  <Button variant="subtle" color="gray" size="compact-sm" onClick={() => setChanged(number)}>
                    Change
                  </Button>
                  <Confirm
                    label="Delete"
                    size="compact-sm"
                    variant="subtle"
                    title={`Delete ${number.e164}?`}
                    text={
                      number.purchased
                        ? 'It goes back to the provider, and somebody else may get it.'
                        : 'SMS to it become no codes any more.'
                    }
                    onConfirm={() => remove.mutate(number.id)}
                  />
                </Group>
              ),
          },
        ]}
        empty={
          <EmptyState
            title="No numbers yet"
            text="Bring one from Twilio along, or buy one. Dedicated to one login, or shared by several: then a challenge says which login a code is for."
          >
            {add}
          </EmptyState>
        }
      />
      <NumberForm opened={isAdding} onClose={() => setIsAdding(false)} />
      <BuyForm opened={isBuying} onClose={() => setIsBuying(false)} />
      <UseForm number={changed} onClose={() => setChanged(null)} />
      <ApproveForm number={approved} onClose={() => setApproved(null)} />
    </>
  );
}
