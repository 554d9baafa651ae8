import { Alert, Code, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { live } from '../api/queries.js';
import type { DataKey } from '../api/types.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { PageHeader } from '../layout/page-header.js';

/** What the workspace's secrets are encrypted with, and how far a rotation has come. Nothing of the keys themselves. */
export default function KeysPage() {
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ['data-keys'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/data-keys', { signal })),
    refetchInterval: live,
  });
  const items = data?.items ?? [];
  return (
    <>
      <PageHeader
        title="Encryption"
        text="The keys that the workspace’s secrets are sealed under. They never leave the vault."
      />
      {data !== undefined && <Progress keys={items} />}
      <Rows<DataKey>
        label="Data keys"
        list={{ items, isPending, error, retry: () => void refetch() }}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Key', isMain: true, cell: ({ version }) => `Version ${version}` },
          { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
          { title: 'Made', cell: ({ created_at }) => <Ago at={created_at} /> },
          {
            title: 'Left under it',
            cell: ({ rows_left }) => (rows_left === null ? <Nothing /> : `${rows_left.toLocaleString('en')} values`),
          },
          {
            title: 'Wrapped by',
            cell: ({ state, is_under_active_kek }) =>
              state === 'destroyed' ? <Nothing /> : is_under_active_kek ? 'the active key' : 'an earlier key',
          },
          {
            title: 'Ended',
            align: 'right',
            cell: ({ destroyed_at }) => (destroyed_at === null ? <Nothing /> : <Ago at={destroyed_at} />),
          },
        ]}
        empty={<EmptyState title="No keys" text="A workspace has one from its first day: this one is being deleted." />}
      />
      <Text size="sm" c="dimmed" mt="md">
        Whoever runs the deployment gives the workspace a new key with <Code>./otpost keys rotate-dek</Code>, while
        everything goes on. The key that wraps them is rotated with <Code>./otpost keys rotate-kek</Code>.
      </Text>
    </>
  );
}

function Progress({ keys }: { keys: DataKey[] }) {
  const retiring = keys.filter(({ state }) => state === 'retiring');
  const wrappedByOther = keys.filter(({ state, is_under_active_kek }) => state !== 'destroyed' && !is_under_active_kek);
  const left = retiring.reduce((sum, { rows_left }) => sum + (rows_left ?? 0), 0);
  if (retiring.length === 0 && wrappedByOther.length === 0) return null;
  return (
    <Alert mb="md" color={retiring.length > 0 ? 'blue' : 'yellow'} role="status">
      {retiring.length > 0
        ? `A rotation is under way: ${left.toLocaleString('en')} values are still to be re-encrypted. Codes are served meanwhile.`
        : 'A newer key-encryption key is in use than the one that wraps these. The next “rotate-kek” wraps them anew.'}
    </Alert>
  );
}
