import { Alert, Stack, Text } from '@mantine/core';
import { Copyable } from './copy.js';

/** A secret on the day it is made. */
export function ShownOnce({ secret, label }: { secret: string | null; label: string }) {
  if (secret === null) return <Alert color="yellow">It was shown once already, and cannot be shown again.</Alert>;
  return (
    <Alert color="teal" title="Copy it now: it is shown this once">
      <Stack gap="xs">
        <Copyable text={secret} label={`Copy the ${label}`} />
        <Text size="xs">Who has lost it makes a new one.</Text>
      </Stack>
    </Alert>
  );
}
