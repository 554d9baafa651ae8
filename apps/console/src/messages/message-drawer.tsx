import { Alert, Drawer, Group, Loader, Stack, Tabs, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import type { FullMessage } from '../api/types.js';
import { useCredentialNames } from '../credentials/credential-names.js';
import { Details } from '../display/details.js';
import { EmptyState } from '../display/empty-state.js';
import { StateBadge } from '../display/state-badge.js';
import { ClockTime } from '../display/time.js';
import { useMay } from '../session/session.js';
import { Extraction } from './extraction.js';
import { HtmlFrame } from './html-frame.js';
import classes from './message.module.css';

/** A message with its content. Reading it is in the audit. */
export function MessageDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const mayRead = useMay('messages:read');
  const { data, error } = useQuery({
    queryKey: ['message', id],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/messages/{id}', { params: { path: { id: id ?? '' } }, signal })),
    enabled: id !== null && mayRead,
    staleTime: 10_000,
  });
  return (
    <Drawer opened={id !== null} onClose={onClose} position="right" size="xl" title="Message">
      {!mayRead ? (
        <EmptyState title="Your key may not read messages" text="It lacks the scope messages:read." />
      ) : error !== null ? (
        <Alert color="red">{messageOf(error)}</Alert>
      ) : data === undefined ? (
        <Loader aria-label="Loading" />
      ) : (
        <Content message={data} />
      )}
    </Drawer>
  );
}

function Content({ message }: { message: FullMessage }) {
  const nameOf = useCredentialNames();
  const { content, extraction, state, reason, auth_results } = message;
  return (
    <Stack gap="lg">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Title order={3} size="h5" className={classes['text'] ?? ''}>
          {content?.subject ?? (message.channel === 'sms' ? 'SMS' : 'Without a subject')}
        </Title>
        <StateBadge state={state} />
      </Group>
      {reason !== null && (
        <Alert variant="light" color="gray" p="sm">
          {reason}
        </Alert>
      )}
      <Details
        of={[
          ['From', content?.from ?? message.from],
          ['Forwarded for', message.original_from],
          ['To', content?.to ?? message.to],
          ['Login', message.credential_id === null ? null : nameOf(message.credential_id)],
          ['Came in', <ClockTime key="at" at={message.received_at} />],
          ['By', message.source],
          ['Sender proven', auth_results === null ? null : proofOf(auth_results)],
        ]}
      />
      {extraction !== null && <Extraction extraction={extraction} />}
      {content === null ? (
        <Text c="dimmed" size="sm">
          {message.purged_at === null
            ? 'It has not been opened yet.'
            : 'Its content was purged, as the workspace wants it.'}
        </Text>
      ) : (
        <Tabs defaultValue={content.html === null ? 'text' : 'html'} keepMounted={false}>
          <Tabs.List mb="sm">
            {content.html !== null && <Tabs.Tab value="html">As mail</Tabs.Tab>}
            {content.text !== null && <Tabs.Tab value="text">As text</Tabs.Tab>}
            <Tabs.Tab value="headers">Headers</Tabs.Tab>
          </Tabs.List>
          {content.html !== null && (
            <Tabs.Panel value="html">
              <HtmlFrame html={content.html} />
              <Text size="xs" c="dimmed" mt={6}>
                Without scripts, links and anything from elsewhere: nobody learns that you have read it.
              </Text>
            </Tabs.Panel>
          )}
          <Tabs.Panel value="text">
            <pre className={classes['text'] ?? ''}>{content.text}</pre>
          </Tabs.Panel>
          <Tabs.Panel value="headers">
            <Details of={content.headers.map(({ name, value }) => [name, value] as const)} />
          </Tabs.Panel>
        </Tabs>
      )}
      {content !== null && content.attachments.length > 0 && (
        <Text size="sm" c="dimmed">
          Attached, and not kept:{' '}
          {content.attachments.map(({ filename, content_type }) => filename ?? content_type).join(', ')}
        </Text>
      )}
    </Stack>
  );
}

function proofOf({ spf, dkim, dmarc, authenticated_domain }: NonNullable<FullMessage['auth_results']>): string {
  const signatures = dkim.map(({ result }) => result).join(' and ') || 'none';
  const checks = `SPF ${spf.result}, DKIM ${signatures}, DMARC ${dmarc.result}`;
  return authenticated_domain === null ? `no (${checks})` : `${authenticated_domain} (${checks})`;
}
