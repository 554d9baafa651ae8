import { useState } from 'react';
import { Group, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { api, bodyOf } from '../api/client.js';
import { usePages } from '../api/queries.js';
import type { AuditEntry } from '../api/types.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { PageHeader } from '../layout/page-header.js';
import { ChainCheck } from './chain-check.js';

export default function AuditPage() {
  const [action, setAction] = useState('');
  const [asked] = useDebouncedValue(action.trim(), 250);
  const list = usePages(
    ['audit', asked],
    (page, signal) =>
      bodyOf(
        api.GET('/v1/audit', { params: { query: { ...page, ...(asked === '' ? {} : { action: asked }) } }, signal }),
      ),
    { refetchInterval: 10_000 },
  );
  return (
    <>
      <PageHeader title="Audit" text="Who read or changed what, each entry bound to the one before." />
      <ChainCheck />
      <Group mb="md" mt="md">
        <TextInput
          type="search"
          placeholder="Action, as in otp_secret.created"
          aria-label="Action"
          leftSection={<Icon name="search" size={15} />}
          value={action}
          onChange={(event) => setAction(event.currentTarget.value)}
          w={{ base: '100%', xs: 320 }}
        />
      </Group>
      <Rows<AuditEntry>
        label="Audit"
        list={list}
        keyOf={({ id }) => id}
        columns={[
          {
            title: 'Action',
            isMain: true,
            cell: ({ action: what, resource }) => (
              <>
                <Text size="sm" fw={550}>
                  {what}
                </Text>
                <Text size="xs" c="dimmed">
                  {resource.type} {resource.id}
                </Text>
              </>
            ),
          },
          {
            title: 'By',
            cell: ({ actor }) => <Text size="sm">{`${actor.kind.replace('_', ' ')} ${actor.id ?? ''}`}</Text>,
          },
          { title: 'From', cell: ({ ip }) => ip ?? <Nothing /> },
          { title: 'Number', align: 'right', cell: ({ seq }) => seq ?? <Nothing /> },
          { title: 'When', align: 'right', cell: ({ at }) => <Ago at={at} /> },
        ]}
        empty={
          <EmptyState title="Nothing of this kind" text="Every read of a code and every change has an entry here." />
        }
      />
    </>
  );
}
