import { useState, type FormEvent } from 'react';
import { Alert, Anchor, Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import { Mark } from '../layout/mark.js';
import { sessionKey } from './session.js';

export function SignInPage() {
  const [apiKey, setApiKey] = useState('');
  const client = useQueryClient();
  const signIn = useAction({
    run: () => bodyOf(api.POST('/console/session', { body: { api_key: apiKey.trim() } })),
    onDone: (session) => client.setQueryData(sessionKey, session),
    quiet: true,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder shadow="sm" radius="lg" p={{ base: 'lg', sm: 'xl' }} w="100%" maw={420}>
        <form onSubmit={submit}>
          <Stack gap="lg">
            <Mark />
            <Stack gap={4}>
              <Title order={1} size="h3">
                Sign in
              </Title>
              <Text c="dimmed" size="sm">
                With an API key of your workspace. You may do here what the key may do, for twelve hours.
              </Text>
            </Stack>
            {signIn.error !== null && (
              <Alert color="red" variant="light" role="alert">
                {messageOf(signIn.error)}
              </Alert>
            )}
            <PasswordInput
              label="API key"
              placeholder="otp_live_…"
              value={apiKey}
              onChange={(event) => setApiKey(event.currentTarget.value)}
              autoComplete="current-password"
              data-autofocus
              autoFocus
              required
            />
            <Button type="submit" loading={signIn.isPending} fullWidth>
              Sign in
            </Button>
            <Text c="dimmed" size="xs">
              No key yet? <code>./otpost status</code> shows the one of the demo workspace;{' '}
              <Anchor href="/docs" inherit>
                the API
              </Anchor>{' '}
              makes more.
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
