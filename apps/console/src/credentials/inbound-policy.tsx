import { useState } from 'react';
import { Button, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import type { Credential, InboundPolicy as Policy } from '../api/types.js';
import { Details } from '../display/details.js';
import { useMay } from '../session/session.js';
import { InboundPolicyForm } from './inbound-policy-form.js';

/** Which messages a login takes a code from, and what its codes look like. */
export function InboundPolicy({ credential: { id } }: { credential: Credential }) {
  const [isChanging, setIsChanging] = useState(false);
  const mayWrite = useMay('vault:write');
  const { data: policy } = useQuery({
    queryKey: ['inbound-policy', id],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET('/v1/credentials/{credential_id}/inbound-policy', { params: { path: { credential_id: id } }, signal }),
      ),
  });
  if (policy === undefined) return null;
  return (
    <Stack gap="xs">
      <Title order={3} size="h6">
        What it takes
      </Title>
      {isOpenToAll(policy) ? (
        <Text size="sm" c="dimmed">
          Codes of any sender, whatever they look like.
        </Text>
      ) : (
        <Details of={linesOf(policy)} />
      )}
      {mayWrite && (
        <Button variant="light" size="xs" style={{ alignSelf: 'flex-start' }} onClick={() => setIsChanging(true)}>
          Change what it takes
        </Button>
      )}
      <InboundPolicyForm opened={isChanging} onClose={() => setIsChanging(false)} policy={policy} />
    </Stack>
  );
}

function isOpenToAll({ require_auth, allowed_sender_domains, extraction_hint }: Policy): boolean {
  return !require_auth && allowed_sender_domains.length === 0 && extraction_hint === null;
}

function linesOf({ require_auth, allowed_sender_domains, extraction_hint: hint }: Policy) {
  const shape = [
    hint?.length === undefined ? '' : `${hint.length} characters`,
    hint?.alphabet ?? '',
    hint?.pattern ?? '',
  ]
    .filter(Boolean)
    .join(', ');
  return [
    ['Mail from', allowed_sender_domains.length === 0 ? 'any domain' : allowed_sender_domains.join(', ')],
    ['Proof of sender', require_auth ? 'required (SPF, DKIM, DMARC)' : 'not required'],
    ['Codes look like', shape],
    ['Sender has in it', hint?.sender],
  ] as const;
}
