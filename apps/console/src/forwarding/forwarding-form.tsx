import { Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import type { ForwardingRule } from '../api/types.js';
import { nameOf, useCredentials } from '../credentials/credential-names.js';
import { FormEnd } from '../display/form-end.js';

const empty = { destination: '', channel: null as ForwardingRule['channel'], credential_id: null as string | null };

export function ForwardingForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add a rule">
      <Fields onClose={onClose} />
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const form = useForm({ initialValues: empty });
  const { data: credentials = [] } = useCredentials();
  const add = useAction({
    run: (body: typeof empty) => bodyOf(api.POST('/v1/forwarding-rules', { body })),
    done: 'The rule is there. They are asked first.',
    changes: ['forwarding-rules'],
    onDone: onClose,
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    add.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="To"
          description="An address, a number with its country code, or the id of a seat"
          required
          data-autofocus
          {...form.getInputProps('destination')}
        />
        <Select
          label="What"
          placeholder="Mail and SMS"
          data={[
            { value: 'email', label: 'Mail' },
            { value: 'sms', label: 'SMS' },
          ]}
          clearable
          {...form.getInputProps('channel')}
        />
        <Select
          label="Of"
          placeholder="Every login"
          data={credentials.map((credential) => ({ value: credential.id, label: nameOf(credential) }))}
          searchable
          clearable
          {...form.getInputProps('credential_id')}
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
