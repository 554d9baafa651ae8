import { Card, Code, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { Copyable } from '../display/copy.js';
import { Details } from '../display/details.js';
import { ClockTime } from '../display/time.js';
import { PageHeader } from '../layout/page-header.js';
import { SettingsForm } from './settings-form.js';

export default function SettingsPage() {
  const { data } = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/settings', { signal })),
  });
  return (
    <>
      <PageHeader title="Settings" text="Of this workspace." />
      <Stack gap="md" maw={640}>
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
        <Card withBorder>
          <Title order={2} size="h5" mb="xs">
            Encryption keys
          </Title>
          <Text size="sm">
            They belong to the deployment, so they are for whoever has its root key, on the machine itself:{' '}
            <Code>./otpost keys status</Code> tells which are in use, <Code>rotate-kek</Code> and{' '}
            <Code>rotate-dek</Code> change them while codes are served.
          </Text>
        </Card>
      </Stack>
    </>
  );
}
