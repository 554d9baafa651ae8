import { Alert, Drawer, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { live, useAction } from '../api/queries.js';
import type { ChallengeTrace } from '../api/types.js';
import { useCredentialNames } from '../credentials/credential-names.js';
import { Confirm } from '../display/confirm.js';
import { Copyable } from '../display/copy.js';
import { Details } from '../display/details.js';
import { StateBadge } from '../display/state-badge.js';
import { ClockTime } from '../display/time.js';
import { AnswerForm } from './answer-form.js';
import { TimeLine } from './time-line.js';

/** One challenge: what it asks, what happened so far, and an answer where one is asked for. */
export function ChallengeDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['challenges', 'trace', id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/challenges/{id}/trace', { params: { path: { id: id ?? '' } }, signal })),
    enabled: id !== null,
    refetchInterval: live,
  });
  return (
    <Drawer opened={id !== null} onClose={onClose} position="right" size="lg" title="Challenge">
      {error !== null ? (
        <Alert color="red">{messageOf(error)}</Alert>
      ) : data === undefined ? (
        <Loader aria-label="Loading" />
      ) : (
        <Trace challenge={data} />
      )}
    </Drawer>
  );
}

function Trace({ challenge }: { challenge: ChallengeTrace }) {
  const nameOf = useCredentialNames();
  const { id, status, credential_id, session_id, current_step, message, factors, expires_at, reason } = challenge;
  const path = { params: { path: { id } } };
  const cancel = useAction({
    run: () => api.DELETE('/v1/challenges/{id}', path),
    done: 'Cancelled. The agent has been told.',
    changes: ['challenges', 'statistics'],
  });
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Text fw={600}>{nameOf(credential_id)}</Text>
        <StateBadge state={status} />
      </Group>
      {message !== null && <Alert variant="light">{message}</Alert>}
      {status === 'pending' && challenge.has_page && <AnswerForm id={id} />}
      <Details
        of={[
          ['Session', session_id],
          ['Step', current_step],
          ['Factors', factors.map((factor) => factor.replace('_', ' ')).join(', then ')],
          ['Why it ended', reason],
          ['Expires', <ClockTime key="expires" at={expires_at} />],
          ['Id', <Copyable key="id" text={id} label="Copy the id" />],
        ]}
      />
      <TimeLine challenge={challenge} />
      {status === 'pending' ? (
        <Confirm
          label="Cancel the challenge"
          title="Cancel this challenge?"
          text="The agent that waits for it is told that no code will come."
          onConfirm={() => cancel.mutate()}
          style={{ alignSelf: 'flex-start' }}
        />
      ) : (
        <Text size="sm" c="dimmed">
          The code itself is never shown here: it belongs to the agent that asked.
        </Text>
      )}
    </Stack>
  );
}
