import { useState, type FormEvent } from 'react';
import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useLocation, useNavigate } from 'react-router';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import { Copyable } from '../display/copy.js';
import { QrCode } from '../display/qr-code.js';
import { Entrance } from './entrance.js';
import { rememberWorkspace } from './known-workspace.js';
import { sessionKey } from './session.js';

/** Where the link of an invited seat leads: a password, then an authenticator, then it is signed in. */
export default function SetUpPage() {
  const [token] = useState(useLocation().hash.slice(1));
  const [password, setPassword] = useState('');
  useDocumentTitle('Set up your sign-in · otpost');
  const begin = useAction({
    run: () => bodyOf(api.POST('/console/seat-setup', { body: { token, password } })),
    quiet: true,
  });
  if (begin.data !== undefined) return <Authenticator token={token} made={begin.data} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate();
  };
  return (
    <Entrance
      title="Set up your sign-in"
      text="You were invited to a workspace of otpost. First, a password of your own; then an authenticator."
    >
      <form onSubmit={submit}>
        <Stack>
          <Failure error={begin.error} />
          <PasswordInput
            label="New password"
            description="At least 12 characters: a sentence does well"
            autoComplete="new-password"
            minLength={12}
            maxLength={200}
            required
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={begin.isPending} fullWidth>
            Go on
          </Button>
        </Stack>
      </form>
    </Entrance>
  );
}

interface Made {
  name: string;
  secret: string;
  qr_code: string[];
}

function Authenticator({ token, made }: { token: string; made: Made }) {
  const [code, setCode] = useState('');
  const client = useQueryClient();
  const navigate = useNavigate();
  const confirm = useAction({
    run: () => bodyOf(api.POST('/console/seat-setup/confirm', { body: { token, code } })),
    onDone: (session) => {
      rememberWorkspace(session.workspace.id);
      client.setQueryData(sessionKey, session);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
      // Over it in the history: the link has done its work.
      void navigate('/', { replace: true });
    },
    quiet: true,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  return (
    <Entrance
      title="Your authenticator"
      text={
        <>
          Scan this with an authenticator app. You sign in as <b>{made.name}</b>, with your password and the code that
          the app shows.
        </>
      }
    >
      <form onSubmit={submit}>
        <Stack>
          <QrCode rows={made.qr_code} label="QR code for an authenticator app" />
          <Stack gap={4}>
            <Text size="xs" c="dimmed">
              Or type this in. It is shown this once.
            </Text>
            <Copyable text={made.secret} label="Copy the secret" />
          </Stack>
          <Failure error={confirm.error} />
          <TextInput
            label="Code"
            description="That the app shows now"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            autoFocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" loading={confirm.isPending} fullWidth>
            Sign in
          </Button>
        </Stack>
      </form>
    </Entrance>
  );
}

function Failure({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {messageOf(error)}
    </Alert>
  );
}
