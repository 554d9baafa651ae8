import { Alert, Button, Group, Text } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import { Copyable } from '../display/copy.js';

/** Has the whole chain computed anew, and says whether anybody has changed it. */
export function ChainCheck() {
  const check = useAction({ run: () => bodyOf(api.GET('/v1/audit/verify')) });
  const result = check.data;
  return (
    <>
      <Group gap="sm">
        <Button variant="default" onClick={() => check.mutate()} loading={check.isPending}>
          Check the chain
        </Button>
        <Text size="sm" c="dimmed">
          Computes every hash anew, from the first entry.
        </Text>
      </Group>
      {result !== undefined && (
        <Alert
          mt="sm"
          color={result.valid ? 'teal' : 'red'}
          title={result.valid ? `All ${result.entries} entries are as they were written` : 'The chain is broken'}
        >
          {result.valid ? (
            <>
              <Text size="sm" mb={4}>
                Keep the newest hash elsewhere: it proves later that nothing before it was changed.
              </Text>
              {result.head !== null && <Copyable text={result.head} label="Copy the hash" />}
            </>
          ) : (
            <Text size="sm">
              Entry {result.first_invalid_seq} is not what was written. {result.entries} before it are in order.
            </Text>
          )}
        </Alert>
      )}
    </>
  );
}
