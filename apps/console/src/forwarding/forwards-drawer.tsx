import { Anchor, Drawer, Stack } from '@mantine/core';
import { Link } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import { live, usePages } from '../api/queries.js';
import type { Forward, ForwardingRule } from '../api/types.js';
import { useCredentialNames } from '../credentials/credential-names.js';
import { Details } from '../display/details.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago, ClockTime } from '../display/time.js';
import { channelNames } from './channel-names.js';

/** A rule, the copies that it made and what became of them. */
export function ForwardsDrawer({ rule, onClose }: { rule: ForwardingRule | null; onClose: () => void }) {
  return (
    <Drawer opened={rule !== null} onClose={onClose} position="right" size="lg" title={rule?.destination ?? ''}>
      {rule !== null && <Forwards rule={rule} />}
    </Drawer>
  );
}

function Forwards({ rule }: { rule: ForwardingRule }) {
  const { id, channel, credential_id, confirmed_at, created_at } = rule;
  const nameOf = useCredentialNames();
  const list = usePages(
    ['forwards', id],
    (page, signal) =>
      bodyOf(api.GET('/v1/forwarding-rules/{id}/forwards', { params: { path: { id }, query: page }, signal })),
    { refetchInterval: live },
  );
  return (
    <Stack>
      <Details
        of={[
          ['What', channelNames[channel ?? 'both']],
          ['Of', credential_id === null ? 'every login' : nameOf(credential_id)],
          ['Agreed', confirmed_at === null ? 'not yet' : <ClockTime key="agreed" at={confirmed_at} />],
          ['Made', <ClockTime key="made" at={created_at} />],
        ]}
      />
      <Rows<Forward>
        label="Copies"
        list={list}
        keyOf={({ id: forwardId }) => forwardId}
        columns={[
          {
            title: 'Message',
            isMain: true,
            cell: ({ message_id, created_at: madeAt }) => (
              <Anchor component={Link} to={`/messages/${message_id}`} size="sm">
                <Ago at={madeAt} />
              </Anchor>
            ),
          },
          { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
          { title: 'Tries', cell: ({ attempts }) => attempts },
          { title: 'Why not', cell: ({ reason }) => reason?.replaceAll('_', ' ') ?? <Nothing /> },
          {
            title: 'Next',
            align: 'right',
            cell: ({ next_attempt_at, state }) =>
              state === 'pending' && next_attempt_at !== null ? <Ago at={next_attempt_at} /> : <Nothing />,
          },
        ]}
        empty={
          <EmptyState
            title="No copies yet"
            text={
              confirmed_at === null
                ? 'Nothing is sent before they have agreed. “Ask again” sends them the question once more.'
                : 'The next message that the rule is about is sent on, and listed here.'
            }
          />
        }
      />
    </Stack>
  );
}
