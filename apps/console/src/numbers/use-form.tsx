import { Modal, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import type { PhoneNumber } from '../api/types.js';
import { FormEnd } from '../display/form-end.js';
import { AssignmentFields, assignmentOf } from './assignment.js';

/** Whose codes a number takes, from now on. */
export function UseForm({ number, onClose }: { number: PhoneNumber | null; onClose: () => void }) {
  return (
    <Modal opened={number !== null} onClose={onClose} title={`Whose codes arrive at ${number?.e164 ?? ''}`}>
      {number !== null && <Fields number={number} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ number: { id, mode, credential_id }, onClose }: { number: PhoneNumber; onClose: () => void }) {
  const form = useForm({ initialValues: { mode: mode, credential_id } });
  const change = useAction({
    run: (values: typeof form.values) =>
      bodyOf(api.PATCH('/v1/phone-numbers/{id}', { params: { path: { id } }, body: assignmentOf(values) })),
    done: 'The number is changed.',
    changes: ['numbers', 'credentials'],
    onDone: onClose,
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    change.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <AssignmentFields form={form} />
        <FormEnd
          error={change.error}
          isErrorAtFields={Object.keys(form.errors).length > 0}
          submit="Change"
          isPending={change.isPending}
          onClose={onClose}
        />
      </Stack>
    </form>
  );
}
