import { Code, Stack, Text } from '@mantine/core';
import type { Delivery } from '../api/types.js';
import { ClockTime } from '../display/time.js';

/** Every request of a delivery, and what the other side said. */
export function Attempts({ of: { attempts, next_attempt_at } }: { of: Delivery }) {
  return (
    <Stack gap="xs">
      {attempts.length === 0 && <Text size="sm">It was not tried yet.</Text>}
      {attempts.map(({ id, at, trigger, status, error, latency_ms, response }) => (
        <Stack key={id} gap={2}>
          <Text size="sm">
            <Text span inherit fw={600}>
              {status ?? error?.replaceAll('_', ' ') ?? 'no answer'}
            </Text>{' '}
            after {latency_ms} ms, by {trigger}, <ClockTime at={at} />
          </Text>
          {response !== null && response !== '' && (
            <Code block mah={120}>
              {response}
            </Code>
          )}
        </Stack>
      ))}
      {next_attempt_at !== null && (
        <Text size="sm" c="dimmed">
          Next try: <ClockTime at={next_attempt_at} />
        </Text>
      )}
    </Stack>
  );
}
