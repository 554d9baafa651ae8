import { useState } from 'react';
import { Badge, Button, Group } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction, usePages } from '../api/queries.js';
import type { ApiKey } from '../api/types.js';
import { Confirm } from '../display/confirm.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { PageHeader } from '../layout/page-header.js';
import { ApiKeyForm } from './api-key-form.js';

export default function ApiKeysPage() {
  const [isMaking, setIsMaking] = useState(false);
  const list = usePages(['api-keys'], (page, signal) =>
    bodyOf(api.GET('/v1/api-keys', { params: { query: page }, signal })),
  );
  const revoke = useAction({
    run: (id: string) => api.DELETE('/v1/api-keys/{id}', { params: { path: { id } } }),
    done: 'The key is revoked, and every session made with it.',
    changes: ['api-keys', 'session'],
  });
  const make = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsMaking(true)}>
      Make a key
    </Button>
  );
  return (
    <>
      <PageHeader title="API keys" text="One for each agent or application, with no more scopes than it needs.">
        {make}
      </PageHeader>
      <Rows<ApiKey>
        label="API keys"
        list={list}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Name', isMain: true, cell: ({ name, id }) => name ?? id },
          { title: 'Scopes', cell: ({ scopes }) => <Scopes of={scopes} /> },
          { title: 'State', cell: (key) => <StateBadge state={stateOf(key)} /> },
          {
            title: 'Last used',
            cell: ({ last_used_at }) => (last_used_at === null ? <Nothing /> : <Ago at={last_used_at} />),
          },
          { title: 'Expires', cell: ({ expires_at }) => (expires_at === null ? 'never' : <Ago at={expires_at} />) },
          {
            title: '',
            align: 'right',
            cell: (key) =>
              stateOf(key) === 'active' && (
                <Confirm
                  label="Revoke"
                  size="compact-sm"
                  variant="subtle"
                  title={`Revoke ${key.name ?? key.id}?`}
                  text="Whoever uses it is refused from this moment on, you too if you signed in with it."
                  onConfirm={() => revoke.mutate(key.id)}
                />
              ),
          },
        ]}
        empty={<EmptyState title="No keys" text="Make one for your first agent." />}
      />
      <ApiKeyForm opened={isMaking} onClose={() => setIsMaking(false)} />
    </>
  );
}

function Scopes({ of: scopes }: { of: string[] }) {
  return (
    <Group gap={4}>
      {scopes.map((scope) => (
        <Badge key={scope} variant="default" size="sm" tt="none" fw={500}>
          {scope}
        </Badge>
      ))}
    </Group>
  );
}

function stateOf({ revoked_at, expires_at }: ApiKey): 'revoked' | 'expired' | 'active' {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && Date.parse(expires_at) <= Date.now() ? 'expired' : 'active';
}
