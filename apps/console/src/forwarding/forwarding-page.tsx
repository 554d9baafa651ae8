import { useState } from 'react';
import { Button, Group, Switch } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { live, useAction, usePages } from '../api/queries.js';
import type { ForwardingRule } from '../api/types.js';
import { useCredentialNames } from '../credentials/credential-names.js';
import { Confirm } from '../display/confirm.js';
import { EmptyState } from '../display/empty-state.js';
import { Rows } from '../display/rows.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { PageHeader } from '../layout/page-header.js';
import { channelNames } from './channel-names.js';
import { ForwardingForm } from './forwarding-form.js';
import { ForwardsDrawer } from './forwards-drawer.js';

export default function ForwardingPage() {
  const [isAdding, setIsAdding] = useState(false);
  const [openId, setOpenId] = useState<string | null>(null);
  const nameOf = useCredentialNames();
  const changes = ['forwarding-rules'];
  const list = usePages(
    ['forwarding-rules'],
    (page, signal) => bodyOf(api.GET('/v1/forwarding-rules', { params: { query: page }, signal })),
    { refetchInterval: live },
  );
  const turn = useAction({
    run: ({ id, enabled }: ForwardingRule) =>
      api.PATCH('/v1/forwarding-rules/{id}', { params: { path: { id } }, body: { enabled: !enabled } }),
    changes,
  });
  const ask = useAction({
    run: (id: string) => api.POST('/v1/forwarding-rules/{id}/send-confirmation', { params: { path: { id } } }),
    done: 'They are asked again.',
    changes,
  });
  const remove = useAction({
    run: (id: string) => api.DELETE('/v1/forwarding-rules/{id}', { params: { path: { id } } }),
    done: 'The rule is deleted.',
    changes,
  });
  const add = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsAdding(true)}>
      Add a rule
    </Button>
  );
  return (
    <>
      <PageHeader title="Forwarding" text="Copies of what comes in, for people who have agreed to get them.">
        {list.items.length > 0 && add}
      </PageHeader>
      <Rows<ForwardingRule>
        label="Forwarding rules"
        list={list}
        keyOf={({ id }) => id}
        onOpen={({ id }) => setOpenId(id)}
        columns={[
          { title: 'To', isMain: true, cell: ({ destination }) => destination },
          { title: 'What', cell: ({ channel }) => channelNames[channel ?? 'both'] },
          {
            title: 'Of',
            cell: ({ credential_id }) => (credential_id === null ? 'every login' : nameOf(credential_id)),
          },
          {
            title: 'Agreed',
            cell: ({ confirmed_at }) => (confirmed_at === null ? 'not yet' : <Ago at={confirmed_at} />),
          },
          {
            title: 'On',
            cell: (rule) => (
              <Switch
                checked={rule.enabled}
                onChange={() => turn.mutate(rule)}
                aria-label={`Forward to ${rule.destination}`}
              />
            ),
          },
          {
            title: '',
            align: 'right',
            cell: ({ id, destination, confirmed_at }) => (
              <Group gap={4} justify="flex-end">
                {confirmed_at === null && (
                  <Button variant="subtle" size="compact-sm" onClick={() => ask.mutate(id)}>
                    Ask again
                  </Button>
                )}
                <Confirm
                  label="Delete"
                  size="compact-sm"
                  variant="subtle"
                  title={`Forward nothing to ${destination} any more?`}
                  text="A new rule asks for their agreement anew."
                  onConfirm={() => remove.mutate(id)}
                />
              </Group>
            ),
          },
        ]}
        empty={
          <EmptyState
            title="Nothing is forwarded"
            text="Add an address, a number or a seat. It is asked first, and gets nothing before it has agreed."
          >
            {add}
          </EmptyState>
        }
      />
      <ForwardsDrawer rule={list.items.find(({ id }) => id === openId) ?? null} onClose={() => setOpenId(null)} />
      <ForwardingForm opened={isAdding} onClose={() => setIsAdding(false)} />
    </>
  );
}
