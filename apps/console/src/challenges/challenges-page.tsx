import { Group, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import { live, usePages } from '../api/queries.js';
import type { Challenge } from '../api/types.js';
import { useCredentialNames } from '../credentials/credential-names.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { PageHeader } from '../layout/page-header.js';
import { ChallengeDrawer } from './challenge-drawer.js';

const statuses = ['all', 'pending', 'resolved', 'expired', 'cancelled'] as const;

export default function ChallengesPage() {
  const { '*': openId = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const status = statuses.find((one) => one === search.get('status')) ?? 'all';
  const sessionId = search.get('session') ?? '';
  const [askedFor] = useDebouncedValue(sessionId.trim(), 250);
  const nameOf = useCredentialNames();
  const list = usePages(
    ['challenges', status, askedFor],
    (page, signal) =>
      bodyOf(
        api.GET('/v1/challenges', {
          params: {
            query: {
              ...page,
              ...(status === 'all' ? {} : { status }),
              ...(askedFor === '' ? {} : { session_id: askedFor }),
            },
          },
          signal,
        }),
      ),
    { refetchInterval: live },
  );
  const change = (name: string, value: string) =>
    setSearch(
      (before) => {
        before.set(name, value);
        if (value === '' || value === 'all') before.delete(name);
        return before;
      },
      { replace: true },
    );
  const show = (path: string) => void navigate({ pathname: `/challenges${path}`, search: search.toString() });
  return (
    <>
      <PageHeader title="Challenges" text="Each is one request for one code. Newest first, as they come." />
      <Group mb="md" gap="sm">
        <SegmentedControl
          data={statuses.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }))}
          value={status}
          onChange={(value) => change('status', value)}
          size="xs"
          aria-label="Status"
        />
        <TextInput
          type="search"
          size="xs"
          w={{ base: '100%', xs: 240 }}
          placeholder="Session"
          aria-label="Session"
          leftSection={<Icon name="search" size={15} />}
          value={sessionId}
          onChange={(event) => change('session', event.currentTarget.value)}
        />
      </Group>
      <Rows<Challenge>
        label="Challenges"
        list={list}
        keyOf={({ id }) => id}
        onOpen={({ id }) => show(`/${id}`)}
        columns={[
          { title: 'For', isMain: true, cell: ({ credential_id }) => nameOf(credential_id) },
          { title: 'Session', cell: ({ session_id }) => <Text size="sm">{session_id}</Text> },
          { title: 'Status', cell: (challenge) => <StateBadge state={challenge.status} /> },
          { title: 'Factor', cell: ({ factor }) => factor?.replace('_', ' ') ?? <Nothing /> },
          { title: 'Opened', align: 'right', cell: ({ created_at }) => <Ago at={created_at} /> },
        ]}
        empty={
          <EmptyState
            title={status === 'pending' ? 'Nobody waits for a code' : 'No challenges here'}
            text={
              <>
                An agent opens one at the prompt for its code, with <code>POST /v1/challenges</code>. It appears here at
                once, and you can answer it.
              </>
            }
          />
        }
      />
      <ChallengeDrawer id={openId === '' ? null : openId} onClose={() => show('')} />
    </>
  );
}
