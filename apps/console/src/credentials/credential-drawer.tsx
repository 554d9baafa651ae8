import { useState } from 'react';
import { Button, Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import type { Credential } from '../api/types.js';
import { Confirm } from '../display/confirm.js';
import { Copyable } from '../display/copy.js';
import { Details } from '../display/details.js';
import { ClockTime } from '../display/time.js';
import { useMay } from '../session/session.js';
import { CredentialForm } from './credential-form.js';
import { nameOf } from './credential-names.js';
import { factorNames } from './factor-names.js';
import { InboundPolicy } from './inbound-policy.js';
import { Inbox } from './inbox.js';
import { LastMessages } from './last-messages.js';
import { LiveCode } from './live-code.js';

export function CredentialDrawer({ credential, onClose }: { credential: Credential | undefined; onClose: () => void }) {
  return (
    <Drawer
      opened={credential !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={credential === undefined ? '' : nameOf(credential)}
    >
      {credential !== undefined && <Login credential={credential} onGone={onClose} />}
    </Drawer>
  );
}

function Login({ credential, onGone }: { credential: Credential; onGone: () => void }) {
  const [isChanging, setIsChanging] = useState(false);
  const mayWrite = useMay('vault:write');
  const mayReadCodes = useMay('codes:read');
  const { id, permissioned_user_id, domain, tfa_method } = credential;
  const pair = { permissioned_user_id, domain };
  const remove = useAction({
    run: () => api.DELETE('/vault', { body: pair }),
    done: 'The login is deleted.',
    changes: ['credentials'],
    onDone: onGone,
  });
  return (
    <Stack gap="lg">
      {tfa_method === 'AUTHENTICATOR' && mayReadCodes && (
        <LiveCode
          name={id}
          read={async (signal) => {
            const answer = await bodyOf(api.GET('/vault/tfa-code', { params: { query: pair }, signal }));
            if (answer.type !== 'authenticator') throw new TypeError('no authenticator');
            return answer;
          }}
        />
      )}
      <Details
        of={[
          ['Domain', domain],
          ['User', permissioned_user_id],
          ['Alias', credential.user_alias],
          ['Second factor', tfa_method ? factorNames[tfa_method] : 'none'],
          [
            'Number',
            credential.tfa_phone_number && <Copyable text={credential.tfa_phone_number} label="Copy the number" />,
          ],
          ['Stored', <ClockTime key="stored" at={credential.created_at} />],
          ['Id', <Copyable key="id" text={id} label="Copy the id" />],
        ]}
      />
      <Inbox credential={credential} />
      <InboundPolicy credential={credential} />
      <Stack gap="xs">
        <Title order={3} size="h6">
          Last messages
        </Title>
        <LastMessages credentialId={id} />
      </Stack>
      {mayWrite ? (
        <Group>
          <Button variant="default" onClick={() => setIsChanging(true)}>
            Change
          </Button>
          <Confirm
            label="Delete"
            title={`Delete ${nameOf(credential)}?`}
            text="Its secrets, its inbox and its open challenges go with it. Agents that ask for its codes get none."
            onConfirm={() => remove.mutate()}
          />
        </Group>
      ) : (
        <Text size="sm" c="dimmed">
          You may look here, and change nothing.
        </Text>
      )}
      <CredentialForm opened={isChanging} onClose={() => setIsChanging(false)} credential={credential} />
    </Stack>
  );
}
