import { Button, Modal, MultiSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import { ShownOnce } from '../display/shown-once.js';
import { eventTypes, isEventType } from './event-types.js';
import { FormEnd } from '../display/form-end.js';

export function EndpointForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add an endpoint">
      <Fields onClose={onClose} />
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const form = useForm({ initialValues: { url: '', description: '', events: [] as string[] } });
  const add = useAction({
    run: ({ url, description, events }: typeof form.values) =>
      bodyOf(
        api.POST('/v1/webhook-endpoints', {
          body: { url, events: events.filter(isEventType), ...(description === '' ? {} : { description }) },
        }),
      ),
    changes: ['webhook-endpoints'],
    quiet: true,
  });
  if (add.data !== undefined) {
    return (
      <Stack>
        <ShownOnce secret={add.data.secret} label="signing secret" />
        <Button onClick={onClose}>Done</Button>
      </Stack>
    );
  }
  const submit = form.onSubmit((values) =>
    add.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="URL"
          placeholder="https://example.com/hooks/otpost"
          required
          data-autofocus
          {...form.getInputProps('url')}
        />
        <TextInput label="Description" {...form.getInputProps('description')} />
        <MultiSelect
          label="Events"
          description="None chosen: all of them"
          data={eventTypes}
          {...form.getInputProps('events')}
        />
        <FormEnd
          error={add.error}
          isErrorAtFields={Object.keys(form.errors).length > 0}
          submit="Add"
          isPending={add.isPending}
          onClose={onClose}
        />
      </Stack>
    </form>
  );
}
