import { Button, Modal, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import { ShownOnce } from '../display/shown-once.js';
import type { Scope } from '../session/session.js';
import { FormEnd } from '../display/form-end.js';
import { ScopeChoice } from './scope-choice.js';

const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
];

export function ApiKeyForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Make an API key">
      <Fields onClose={onClose} />
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const form = useForm({
    initialValues: {
      name: '',
      scopes: ['codes:read', 'challenges:write'] as Scope[],
      days: null as string | null,
      ownKey: '',
    },
    validate: { scopes: (chosen) => (chosen.length === 0 ? 'Choose at least one' : null) },
  });
  const make = useAction({
    run: ({ name, scopes: chosen, days, ownKey }: typeof form.values) =>
      bodyOf(
        api.POST('/v1/api-keys', {
          // A session is a token, and a token makes no keys: nothing that outlives it can be had by it alone.
          headers: { authorization: `Bearer ${ownKey.trim()}` },
          body: {
            scopes: chosen,
            ...(name === '' ? {} : { name }),
            ...(days === null ? {} : { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }),
          },
        }),
      ),
    changes: ['api-keys'],
    quiet: true,
  });
  if (make.data !== undefined) {
    return (
      <Stack>
        <ShownOnce secret={make.data.key} label="key" />
        <Button onClick={onClose}>Done</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => make.mutate(values))}>
      <Stack>
        <TextInput label="Name" placeholder="checkout agent" data-autofocus {...form.getInputProps('name')} />
        <ScopeChoice label="It may" {...form.getInputProps('scopes')} />
        <Select label="Expires after" placeholder="Never" data={lifetimes} clearable {...form.getInputProps('days')} />
        <PasswordInput
          label="Your own API key"
          description="Once more, since what is made here outlives your session"
          autoComplete="off"
          required
          {...form.getInputProps('ownKey')}
        />
        <FormEnd error={make.error} submit="Make" isPending={make.isPending} onClose={onClose} />
      </Stack>
    </form>
  );
}
