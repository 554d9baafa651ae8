import { NumberInput, Stack, Switch, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import type { Workspace } from '../api/types.js';
import { FormEnd } from '../display/form-end.js';

export function SettingsForm({ workspace: { name, settings } }: { workspace: Workspace }) {
  const form = useForm({ initialValues: { name, ...settings } });
  const save = useAction({
    run: ({ name: newName, ...newSettings }: typeof form.values) =>
      bodyOf(api.PATCH('/v1/settings', { body: { name: newName, settings: newSettings } })),
    done: 'The settings are changed.',
    changes: ['settings', 'session'],
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    save.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={2} size="h5">
          Codes and messages
        </Title>
        <TextInput label="Name of the workspace" required {...form.getInputProps('name')} />
        <NumberInput
          label="A code is fresh for"
          description="Mail and SMS; 30 to 3,600 seconds"
          suffix=" seconds"
          min={30}
          max={3_600}
          {...form.getInputProps('code_freshness_seconds')}
        />
        <NumberInput
          label="Messages are kept for"
          description="Their text; 0 keeps none of it"
          suffix=" hours"
          min={0}
          max={720}
          {...form.getInputProps('message_retention_hours')}
        />
        <Switch
          label="No authenticator code is handed out twice"
          description="Whoever comes second waits for the next one"
          {...form.getInputProps('exclusive_time_steps', { type: 'checkbox' })}
        />
        <FormEnd
          error={save.error}
          isErrorAtFields={Object.keys(form.errors).length > 0}
          submit="Change"
          isPending={save.isPending}
          isUnchanged={!form.isDirty()}
        />
      </Stack>
    </form>
  );
}
