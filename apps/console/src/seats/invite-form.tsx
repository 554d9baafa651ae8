import { Alert, Button, Modal, PasswordInput, Select, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import type { Seat, SeatSignIn } from '../api/types.js';
import { ScopeChoice } from '../api-keys/scope-choice.js';
import { Copyable } from '../display/copy.js';
import { FormEnd } from '../display/form-end.js';
import { ShownOnce } from '../display/shown-once.js';
import type { Scope } from '../session/session.js';

const lifetimes = [
  { value: '3600', label: 'An hour' },
  { value: '86400', label: 'A day' },
  { value: '604800', label: 'A week' },
];

interface InviteFormProps {
  seat: Seat | null;
  signIn: SeatSignIn | undefined;
  onClose: () => void;
}

/** A link with which a seat sets its password and authenticator up. */
export function InviteForm({ seat, signIn, onClose }: InviteFormProps) {
  return (
    <Modal opened={seat !== null} onClose={onClose} title={`Let ${seat?.email ?? ''} sign in`}>
      {seat !== null && <Fields seat={seat} signIn={signIn} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ seat, signIn, onClose }: { seat: Seat; signIn: SeatSignIn | undefined; onClose: () => void }) {
  const form = useForm({
    initialValues: {
      scopes: signIn?.scopes ?? (['challenges:write', 'vault:read'] as Scope[]),
      seconds: '86400',
      ownKey: '',
    },
    validate: { scopes: (chosen) => (chosen.length === 0 ? 'Choose at least one' : null) },
  });
  const invite = useAction({
    run: ({ scopes, seconds, ownKey }: typeof form.values) =>
      bodyOf(
        api.POST('/v1/seats/{id}/sign-in', {
          params: { path: { id: seat.seat_id } },
          // As for keys: a session makes nothing that outlives it.
          headers: { authorization: `Bearer ${ownKey.trim()}` },
          body: { scopes, expires_in_seconds: Number(seconds ?? 86_400) },
        }),
      ),
    changes: ['seat-sign-ins'],
    quiet: true,
  });
  if (invite.data !== undefined) {
    return (
      <Stack>
        <Text size="sm">Send this link to {seat.email} alone: whoever opens it first signs in as this seat.</Text>
        <ShownOnce secret={invite.data.setup_url} label="link" />
        <Text size="sm">After that they sign in here:</Text>
        <Copyable text={invite.data.sign_in_url} label="Copy the sign-in address" />
        <Button onClick={onClose}>Done</Button>
      </Stack>
    );
  }
  const submit = form.onSubmit((values) =>
    invite.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        {signIn?.status === 'ready' && (
          <Alert color="yellow" variant="light">
            It signs in already. A new link ends its sessions now, and replaces password and authenticator when it is
            used.
          </Alert>
        )}
        <ScopeChoice label="In the console it may" {...form.getInputProps('scopes')} />
        <Select
          label="The link is good for"
          data={lifetimes}
          allowDeselect={false}
          {...form.getInputProps('seconds')}
        />
        <PasswordInput
          label="Your own API key"
          description="Once more: a sign-in outlives your session, and may do no more than this key"
          autoComplete="off"
          required
          {...form.getInputProps('ownKey')}
        />
        <FormEnd error={invite.error} submit="Make the link" isPending={invite.isPending} onClose={onClose} />
      </Stack>
    </form>
  );
}
