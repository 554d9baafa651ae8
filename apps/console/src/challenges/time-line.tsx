import { Anchor, Text, Timeline } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import type { ChallengeTrace, Message } from '../api/types.js';
import { ClockTime, durationText } from '../display/time.js';
import { useMay } from '../session/session.js';

interface Step {
  at: string;
  what: string;
  more?: string | undefined;
  messageId?: string;
}

/** What happened to a challenge, in order: from its opening to the agent's word that the code was used. */
export function TimeLine({ challenge }: { challenge: ChallengeTrace }) {
  const messages = useItsMessages(challenge);
  const steps = [...stepsOf(challenge), ...messages.map(stepOfMessage)].sort((a, b) => a.at.localeCompare(b.at));
  return (
    <Timeline active={steps.length - 1} bulletSize={16} lineWidth={2}>
      {steps.map(({ at, what, more, messageId }) => (
        <Timeline.Item key={at + what} title={what}>
          {more !== undefined && (
            <Text size="sm" c="dimmed">
              {more}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            <ClockTime at={at} />
            {at > challenge.created_at &&
              `, after ${durationText((Date.parse(at) - Date.parse(challenge.created_at)) / 1_000)}`}
            {messageId !== undefined && (
              <>
                {' · '}
                <Anchor component={Link} to={`/messages/${messageId}`} inherit>
                  the message
                </Anchor>
              </>
            )}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function stepsOf(challenge: ChallengeTrace): Step[] {
  const { created_at, factors, factor, status, reason, ended_at, first_delivered_at, acknowledged_at } = challenge;
  const steps: Step[] = [
    { at: created_at, what: 'Opened', more: `Tries ${factors.join(', then ').replaceAll('_', ' ')}` },
  ];
  if (ended_at !== null) {
    const what = status === 'resolved' ? `Resolved by ${factor?.replace('_', ' ') ?? 'nobody'}` : sentenceOf(status);
    steps.push({ at: ended_at, what, ...(reason === null ? {} : { more: reason }) });
  }
  if (first_delivered_at !== null) steps.push({ at: first_delivered_at, what: 'Delivered to the agent' });
  if (acknowledged_at !== null) steps.push({ at: acknowledged_at, what: 'Used, and wiped' });
  return steps;
}

function stepOfMessage({ id, received_at, channel, from, state, reason }: Message): Step {
  return {
    at: received_at,
    what: channel === 'sms' ? 'An SMS arrived' : 'A mail arrived',
    more: [from, state.replace('_', ' '), reason].filter((part) => part !== null).join(' · '),
    messageId: id,
  };
}

const arrives = new Set<string>(['email', 'sms', 'magic_link']);

/** Of its credential, from the moment that counts until it ended. */
function useItsMessages({ credential_id, factors, since, ended_at, expires_at }: ChallengeTrace): Message[] {
  const mayRead = useMay('vault:read');
  const { data } = useQuery({
    queryKey: ['messages', 'of-credential', credential_id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/messages', { params: { query: { limit: 50, credential_id: credential_id ?? '' } }, signal })),
    enabled: mayRead && credential_id !== null && factors.some((factor) => arrives.has(factor)),
  });
  const until = ended_at ?? expires_at;
  return data?.items.filter(({ received_at }) => received_at >= since && received_at <= until) ?? [];
}

function sentenceOf(status: string): string {
  return status.charAt(0).toUpperCase() + status.slice(1);
}
