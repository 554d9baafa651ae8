import { Alert, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import { FormEnd } from '../display/form-end.js';
import { AssignmentFields, assignmentOf } from './assignment.js';

const empty = { country: 'US', area_code: '', mode: 'dedicated', credential_id: null as string | null };

/** A number of the deployment's own Twilio account. */
export function BuyForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Buy a number">
      <Fields onClose={onClose} />
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const form = useForm({ initialValues: empty });
  const buy = useAction({
    run: ({ country, area_code, ...assigned }: typeof empty) =>
      bodyOf(
        api.POST('/v1/phone-numbers/buy', {
          body: { country, ...(area_code === '' ? {} : { area_code }), ...assignmentOf(assigned) },
        }),
      ),
    done: ({ e164 }) => `${e164} is yours.`,
    changes: ['numbers', 'credentials'],
    onDone: onClose,
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    buy.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <Alert variant="light" p="xs">
          Twilio charges for it, to the account of this deployment, until it is deleted here.
        </Alert>
        <Group grow align="flex-start">
          <TextInput
            label="Country"
            description="Two letters"
            maxLength={2}
            required
            data-autofocus
            {...form.getInputProps('country')}
          />
          <TextInput
            label="Area code"
            description="Left empty: any"
            inputMode="numeric"
            {...form.getInputProps('area_code')}
          />
        </Group>
        <AssignmentFields form={form} />
        <FormEnd
          error={buy.error}
          isErrorAtFields={Object.keys(form.errors).length > 0}
          submit="Buy"
          isPending={buy.isPending}
          onClose={onClose}
        />
      </Stack>
    </form>
  );
}
