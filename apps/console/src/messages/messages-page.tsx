import { Group, Select, Text } from '@mantine/core';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import { live, usePages } from '../api/queries.js';
import type { Message } from '../api/types.js';
import { useCredentialNames, useCredentials, nameOf } from '../credentials/credential-names.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { StateBadge } from '../display/state-badge.js';
import { Ago } from '../display/time.js';
import { PageHeader } from '../layout/page-header.js';
import { MessageDrawer } from './message-drawer.js';

const states = ['received', 'deposited', 'no_code', 'ambiguous', 'refused', 'confirmation'] as const;

export default function MessagesPage() {
  const { '*': openId = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const { data: credentials = [] } = useCredentials();
  const credentialName = useCredentialNames();
  const state = states.find((one) => one === search.get('state'));
  const credentialId = search.get('credential');
  const list = usePages(
    ['messages', state, credentialId],
    (page, signal) => {
      const filter = {
        ...(state === undefined ? {} : { state }),
        ...(credentialId === null ? {} : { credential_id: credentialId }),
      };
      return bodyOf(api.GET('/v1/messages', { params: { query: { ...page, ...filter } }, signal }));
    },
    { refetchInterval: live },
  );
  const choose = (name: string) => (value: string | null) =>
    setSearch(
      (before) => {
        if (value === null) before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const show = (path: string) => void navigate({ pathname: `/messages${path}`, search: search.toString() });
  return (
    <>
      <PageHeader title="Messages" text="Mail and SMS as they come in, with what was found in them." />
      <Group mb="md" gap="sm">
        <Select
          data={states.map((value) => ({ value, label: value.replace('_', ' ') }))}
          value={state ?? null}
          onChange={choose('state')}
          placeholder="Any outcome"
          aria-label="Outcome"
          clearable
          w={170}
        />
        <Select
          data={credentials.map((credential) => ({ value: credential.id, label: nameOf(credential) }))}
          value={credentialId}
          onChange={choose('credential')}
          placeholder="Any login"
          aria-label="Login"
          clearable
          searchable
          w={260}
        />
      </Group>
      <Rows<Message>
        label="Messages"
        list={list}
        keyOf={({ id }) => id}
        onOpen={({ id }) => show(`/${id}`)}
        columns={[
          { title: 'From', isMain: true, cell: ({ from }) => from ?? 'unknown sender' },
          {
            title: 'For',
            cell: ({ credential_id, to }) => (credential_id === null ? to : credentialName(credential_id)),
          },
          { title: 'Outcome', cell: (message) => <StateBadge state={message.state} /> },
          {
            title: 'Why',
            cell: ({ reason }) =>
              reason === null ? (
                <Nothing />
              ) : (
                <Text size="sm" c="dimmed" lineClamp={2}>
                  {reason}
                </Text>
              ),
          },
          { title: 'Came in', align: 'right', cell: ({ received_at }) => <Ago at={received_at} /> },
        ]}
        empty={
          <EmptyState
            title="No messages here"
            text="Whatever is sent to the inbox or the number of a login appears here as it comes in. A login’s address is on the credentials page."
          />
        }
      />
      <MessageDrawer id={openId === '' ? null : openId} onClose={() => show('')} />
    </>
  );
}
