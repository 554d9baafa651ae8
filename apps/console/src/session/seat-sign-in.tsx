import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import { rememberWorkspace, workspaceIn } from './known-workspace.js';
import { sessionKey } from './session.js';

/** @param workspaceId null: it is asked for */
export function SeatSignIn({ workspaceId }: { workspaceId: string | null }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { workspace: workspaceId ?? '', email: '', password: '', code: '' },
    validate: {
      workspace: (text) => (workspaceIn(text) === null ? 'There is no workspace’s id in it' : null),
    },
  });
  const signIn = useAction({
    run: ({ workspace, email, password, code }: typeof form.values) =>
      bodyOf(
        api.POST('/console/session/seat', {
          body: { workspace_id: workspaceIn(workspace) ?? '', email: email.trim(), password, code },
        }),
      ),
    onDone: (session) => {
      rememberWorkspace(session.workspace.id);
      client.setQueryData(sessionKey, session);
    },
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    signIn.mutate(values, {
      // It was right or wrong together with the others, and is used up either way.
      onError: () => form.setFieldValue('code', ''),
    }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        {signIn.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {messageOf(signIn.error)}
          </Alert>
        )}
        {workspaceId === null && (
          <TextInput
            label="Workspace"
            description="The sign-in address that you were given, or the id in it"
            autoComplete="off"
            required
            autoFocus
            {...form.getInputProps('workspace')}
          />
        )}
        <TextInput
          label="Mail"
          type="email"
          autoComplete="username"
          required
          autoFocus={workspaceId !== null}
          {...form.getInputProps('email')}
        />
        <PasswordInput label="Password" autoComplete="current-password" required {...form.getInputProps('password')} />
        <TextInput
          label="Code"
          description="That your authenticator shows now"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          {...form.getInputProps('code')}
        />
        <Button type="submit" loading={signIn.isPending} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
