import { Alert, Button, Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import { Copyable } from '../display/copy.js';
import { FormEnd } from '../display/form-end.js';
import { AssignmentFields, assignmentOf } from './assignment.js';

const empty = { e164: '', mode: 'dedicated', credential_id: null as string | null, account_sid: '', auth_token: '' };

export function NumberForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add a number">
      <Fields onClose={onClose} />
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const form = useForm({ initialValues: empty });
  const add = useAction({
    run: ({ e164, account_sid, auth_token, ...assigned }: typeof empty) =>
      bodyOf(
        api.POST('/v1/phone-numbers', {
          body: {
            e164,
            provider: 'twilio',
            ...assignmentOf(assigned),
            ...(account_sid === '' ? {} : { account_sid }),
            ...(auth_token === '' ? {} : { auth_token }),
          },
        }),
      ),
    done: 'The number is added.',
    changes: ['numbers', 'credentials'],
    quiet: true,
  });
  if (add.data !== undefined) {
    return (
      <Stack>
        {add.data.webhook_url === null ? (
          <Alert color="yellow">
            It is added. Its webhook is shown here once the gateway is told the ingestor’s URL
            (OTPOST_PUBLIC_INGEST_URL).
          </Alert>
        ) : (
          <>
            <Alert color="teal" title="Have its SMS sent here">
              At the provider, enter this as the number’s webhook for incoming messages:
            </Alert>
            <Copyable text={add.data.webhook_url} label="Copy the webhook" />
          </>
        )}
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
        <TextInput label="Number" placeholder="+13125550142" required data-autofocus {...form.getInputProps('e164')} />
        <AssignmentFields form={form} />
        <TextInput
          label="Twilio account SID"
          description="Left empty, Twilio is not called: you set the webhook yourself"
          autoComplete="off"
          {...form.getInputProps('account_sid')}
        />
        <PasswordInput
          label="Twilio auth token"
          description="Proves that an SMS is from Twilio"
          autoComplete="off"
          {...form.getInputProps('auth_token')}
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
