import { useState } from 'react';
import { Group, Text } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import { Confirm } from '../display/confirm.js';
import { Copyable } from '../display/copy.js';

/** A code of a HOTP secret. Each takes a step of the counter, so it is never shown by itself. */
export function CounterCode({ id }: { id: string }) {
  const [code, setCode] = useState<string | null>(null);
  const take = useAction({
    run: () => bodyOf(api.POST('/v1/otp-secrets/{id}/code', { params: { path: { id } }, body: {} })),
    onDone: (taken) => setCode(taken.code),
    changes: ['otp-secrets'],
  });
  return (
    <Group gap="xs">
      {code === null ? (
        <Text size="xs" c="dimmed">
          by counter
        </Text>
      ) : (
        <Copyable text={code} label="Copy the code" />
      )}
      <Confirm
        label="Take one"
        color="gray"
        size="compact-sm"
        title="Take the next code?"
        text="The counter moves on by one step, which cannot be undone."
        onConfirm={() => take.mutate()}
      />
    </Group>
  );
}
