import { Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import type { Seat } from '../api/types.js';
import { FormEnd } from '../display/form-end.js';

const empty = { email: '', first_name: '', last_name: '', forwarding_number: '' };

export function SeatForm({ seat, onClose }: { seat: Seat | 'new' | null; onClose: () => void }) {
  return (
    <Modal opened={seat !== null} onClose={onClose} title={seat === 'new' ? 'Add a seat' : 'Change the seat'}>
      {seat !== null && <Fields seat={seat === 'new' ? null : seat} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ seat, onClose }: { seat: Seat | null; onClose: () => void }) {
  const form = useForm({ initialValues: seat === null ? empty : valuesOf(seat) });
  const save = useAction({
    run: (values: typeof empty) => {
      const body = {
        email: values.email,
        first_name: values.first_name || null,
        last_name: values.last_name || null,
        forwarding_number: values.forwarding_number || null,
      };
      return seat === null
        ? bodyOf(api.POST('/v1/seats', { body }))
        : bodyOf(api.PATCH('/v1/seats/{id}', { params: { path: { id: seat.seat_id } }, body }));
    },
    done: seat === null ? 'The seat is added.' : 'The seat is changed.',
    changes: ['seats'],
    onDone: onClose,
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    save.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label="Mail" type="email" required data-autofocus {...form.getInputProps('email')} />
        <Group grow align="flex-start">
          <TextInput label="First name" {...form.getInputProps('first_name')} />
          <TextInput label="Last name" {...form.getInputProps('last_name')} />
        </Group>
        <TextInput
          label="Number"
          description="With its country code"
          placeholder="+13125550142"
          {...form.getInputProps('forwarding_number')}
        />
        <FormEnd
          error={save.error}
          isErrorAtFields={Object.keys(form.errors).length > 0}
          submit={seat === null ? 'Add' : 'Change'}
          isPending={save.isPending}
          onClose={onClose}
        />
      </Stack>
    </form>
  );
}

function valuesOf({ email, first_name, last_name, forwarding_number }: Seat): typeof empty {
  return {
    email,
    first_name: first_name ?? '',
    last_name: last_name ?? '',
    forwarding_number: forwarding_number ?? '',
  };
}
