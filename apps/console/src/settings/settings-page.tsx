import { Alert, Button, Card, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { Copyable } from '../display/copy.js';
import { Details } from '../display/details.js';
import { ClockTime } from '../display/time.js';
import { PageHeader } from '../layout/page-header.js';
import { SettingsForm } from './settings-form.js';

export default function SettingsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/settings', { signal })),
  });
  return (
    <>
      <PageHeader title="Settings" text="Of this workspace." />
      <Stack gap="md" maw={640}>
        {error !== null && data === undefined && (
          <Alert color="red" role="alert" title="This cannot be shown">
            <Stack gap="sm" align="flex-start">
              {messageOf(error)}
              <Button variant="default" size="xs" onClick={() => void refetch()}>
                Try again
              </Button>
            </Stack>
          </Alert>
        )}
        {data !== undefined && (
          <>
            <Card withBorder>
              <SettingsForm workspace={data} />
            </Card>
            <Card withBorder>
              <Title order={2} size="h5" mb="xs">
                Workspace
              </Title>
              <Details
                of={[
                  ['Id', <Copyable key="id" text={data.id} label="Copy the id" />],
                  ['Made', <ClockTime key="made" at={data.created_at} />],
                ]}
              />
            </Card>
          </>
        )}
      </Stack>
    </>
  );
}
