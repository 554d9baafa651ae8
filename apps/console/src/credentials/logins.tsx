import { useState } from 'react';
import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useNavigate } from 'react-router';
import type { Credential } from '../api/types.js';
import { Copyable } from '../display/copy.js';
import { EmptyState } from '../display/empty-state.js';
import { Nothing, Rows } from '../display/rows.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { useMay } from '../session/session.js';
import { CredentialDrawer } from './credential-drawer.js';
import { CredentialForm } from './credential-form.js';
import { useCredentials } from './credential-names.js';
import { factorNames } from './factor-names.js';

export function Logins({ openId }: { openId: string | null }) {
  const { data = [], isPending, error, refetch } = useCredentials();
  const [search, setSearch] = useState('');
  const [method, setMethod] = useState<string | null>(null);
  const [isAdding, setIsAdding] = useState(false);
  const navigate = useNavigate();
  const mayWrite = useMay('vault:write');
  const items = data.filter((credential) => matches(credential, search, method));
  const add = mayWrite && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsAdding(true)}>
      Add a login
    </Button>
  );
  return (
    <>
      <Group mb="md" gap="sm">
        <TextInput
          type="search"
          flex={1}
          miw={180}
          maw={360}
          placeholder="User, domain or alias"
          aria-label="Search"
          leftSection={<Icon name="search" size={15} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Select
          data={Object.entries(factorNames).map(([value, label]) => ({ value, label }))}
          value={method}
          onChange={setMethod}
          placeholder="Any factor"
          aria-label="Factor"
          clearable
          w={170}
        />
        {data.length > 0 && <Group ml="auto">{add}</Group>}
      </Group>
      <Rows<Credential>
        label="Logins"
        list={{ items, isPending, error, retry: () => void refetch() }}
        keyOf={({ id }) => id}
        onOpen={({ id }) => void navigate(`/credentials/${id}`)}
        columns={[
          { title: 'Domain', isMain: true, cell: ({ domain }) => domain },
          {
            title: 'User',
            cell: ({ permissioned_user_id, user_alias }) => (
              <Text size="sm">
                {permissioned_user_id}
                {user_alias ? ` (${user_alias})` : ''}
              </Text>
            ),
          },
          { title: 'Second factor', cell: ({ tfa_method }) => (tfa_method ? factorNames[tfa_method] : <Nothing />) },
          { title: 'Codes arrive at', cell: (credential) => <Address of={credential} /> },
          { title: 'Changed', align: 'right', cell: ({ updated_at }) => <Ago at={updated_at} /> },
        ]}
        empty={
          data.length > 0 ? (
            <EmptyState title="Nothing matches" text="Try another word, or any factor." />
          ) : (
            <EmptyState
              title="No logins yet"
              text="Store one with its authenticator secret, or let its codes arrive in an inbox of its own."
            >
              {add}
            </EmptyState>
          )
        }
      />
      <CredentialForm opened={isAdding} onClose={() => setIsAdding(false)} />
      <CredentialDrawer
        credential={openId === null ? undefined : data.find(({ id }) => id === openId)}
        onClose={() => void navigate('/credentials')}
      />
    </>
  );
}

function Address({ of: { tfa_email, tfa_phone_number } }: { of: Credential }) {
  const address = tfa_phone_number ?? tfa_email;
  return address === null ? <Nothing /> : <Copyable text={address} label={`Copy ${address}`} />;
}

function matches(credential: Credential, search: string, method: string | null): boolean {
  const { permissioned_user_id, domain, user_alias, tfa_method } = credential;
  const text = `${permissioned_user_id} ${domain} ${user_alias ?? ''}`.toLowerCase();
  return (method === null || tfa_method === method) && text.includes(search.trim().toLowerCase());
}
