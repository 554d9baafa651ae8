import { Alert, Code, Group, Progress, Stack, Text, Title } from '@mantine/core';
import type { FullMessage } from '../api/types.js';
import { Copyable } from '../display/copy.js';

/** What was found in a message, what else could have been meant, and why it was not. */
export function Extraction({ extraction }: { extraction: NonNullable<FullMessage['extraction']> }) {
  const { code, link, reason, ambiguous, candidates, confirmation } = extraction;
  const chosen = code ?? link;
  return (
    <Stack gap="xs">
      <Title order={3} size="h6">
        {chosen === null ? 'Nothing was taken' : code === null ? 'The link that was taken' : 'The code that was taken'}
      </Title>
      {chosen !== null && <Copyable text={chosen} label={code === null ? 'Copy the link' : 'Copy the code'} />}
      <Text size="sm" c="dimmed">
        {wordsOf(reason)}
        {ambiguous ? ' It can be read in more than one way, so it was withheld.' : ''}
      </Text>
      {candidates.map(({ kind, value, confidence, reason: why }) => (
        <Stack key={kind + value} gap={2}>
          <Group gap="sm" wrap="nowrap">
            <Code style={{ overflowWrap: 'anywhere' }}>{value}</Code>
            <Progress
              value={confidence * 100}
              w={80}
              color={value === chosen ? 'teal' : 'gray'}
              aria-label={`Confidence ${Math.round(confidence * 100)} %`}
            />
            <Text size="xs" c="dimmed">
              {Math.round(confidence * 100)} %
            </Text>
          </Group>
          <Text size="xs" c="dimmed">
            {wordsOf(why)}
          </Text>
        </Stack>
      ))}
      {confirmation !== null && (
        <Alert title="A mailbox asks whether it may forward here" color="blue">
          <Stack gap="xs">
            <Text size="sm">{confirmation.provider} wants this confirmed by the owner of the mailbox.</Text>
            {confirmation.code !== null && <Copyable text={confirmation.code} label="Copy the confirmation code" />}
            {confirmation.link !== null && <Copyable text={confirmation.link} label="Copy the confirmation link" />}
          </Stack>
        </Alert>
      )}
    </Stack>
  );
}

/** The extractor gives its reasons as `code-word-before`. */
function wordsOf(reason: string): string {
  return reason.replaceAll('-', ' ');
}
