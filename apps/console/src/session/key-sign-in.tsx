import { useState, type FormEvent } from 'react';
import { Alert, Button, PasswordInput, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import { sessionKey } from './session.js';

export function KeySignIn() {
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
    <form onSubmit={submit}>
      <Stack>
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
      </Stack>
    </form>
  );
}
