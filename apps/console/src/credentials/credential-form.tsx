import { Alert, Group, Modal, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import type { Credential } from '../api/types.js';
import { factorNames } from './factor-names.js';
import { FormEnd } from '../display/form-end.js';

const empty = {
  permissioned_user_id: '',
  domain: '',
  user_alias: '',
  user_name: '',
  password: '',
  tfa_method: null as Credential['tfa_method'],
  tfa_secret: '',
};
type Values = typeof empty;

interface CredentialFormProps {
  opened: boolean;
  onClose: () => void;
  /** The one to change; a new one is made without. */
  credential?: Credential;
}

/** Makes a login, or changes one. What is secret is never shown again: an empty field leaves it as it is. */
export function CredentialForm({ opened, onClose, credential }: CredentialFormProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={credential === undefined ? 'Add a login' : 'Change the login'}
      size="md"
    >
      <Fields onClose={onClose} {...(credential === undefined ? {} : { credential })} />
    </Modal>
  );
}

function Fields({ onClose, credential }: Omit<CredentialFormProps, 'opened'>) {
  const form = useForm<Values>({ initialValues: credential === undefined ? empty : valuesOf(credential) });
  const isNew = credential === undefined;
  const save = useAction({
    run: (values: Values) =>
      isNew
        ? bodyOf(api.POST('/vault', { body: filled(values) }))
        : bodyOf(api.PUT('/vault', { body: { id: credential.id, ...filled(values), tfa_method: values.tfa_method } })),
    done: isNew ? 'The login is stored.' : 'The login is changed.',
    changes: ['credentials'],
    onDone: onClose,
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    save.mutate(values, { onError: (error) => form.setErrors(fieldErrorsOf(error)) }),
  );
  const keeps = isNew ? {} : { placeholder: 'unchanged' };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput label="Domain" placeholder="github.com" required data-autofocus {...form.getInputProps('domain')} />
        <TextInput
          label="User"
          description="Your own name for whose login it is"
          placeholder="alice"
          required
          {...form.getInputProps('permissioned_user_id')}
        />
        <TextInput label="Alias" {...form.getInputProps('user_alias')} />
        <Group grow align="flex-start">
          <TextInput label="User name" autoComplete="off" {...keeps} {...form.getInputProps('user_name')} />
          <PasswordInput label="Password" autoComplete="new-password" {...keeps} {...form.getInputProps('password')} />
        </Group>
        <Select
          label="Second factor"
          data={Object.entries(factorNames).map(([value, label]) => ({ value, label }))}
          placeholder="None"
          clearable
          {...form.getInputProps('tfa_method')}
        />
        {form.values.tfa_method === 'AUTHENTICATOR' && (
          <PasswordInput
            label="Authenticator secret"
            description="Base32 as the site shows it, or otpauth://…"
            autoComplete="off"
            required={isNew}
            {...keeps}
            {...form.getInputProps('tfa_secret')}
          />
        )}
        {(form.values.tfa_method === 'EMAIL' || form.values.tfa_method === 'MAGIC_LINK') && (
          <Alert variant="light" p="xs">
            It gets an address of its own. Give that to the site, or forward the site’s mail to it.
          </Alert>
        )}
        <FormEnd
          error={save.error}
          isErrorAtFields={Object.keys(fieldErrorsOf(save.error)).length > 0}
          submit={isNew ? 'Store' : 'Change'}
          isPending={save.isPending}
          onClose={onClose}
        />
      </Stack>
    </form>
  );
}

/** What was typed; pair and method are always there. */
function filled({ permissioned_user_id, domain, tfa_method, ...rest }: Values) {
  const typed = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== '')) as Partial<typeof rest>;
  return { permissioned_user_id, domain, ...(tfa_method === null ? {} : { tfa_method }), ...typed };
}

function valuesOf({ permissioned_user_id, domain, user_alias, tfa_method }: Credential): Values {
  return { ...empty, permissioned_user_id, domain, user_alias: user_alias ?? '', tfa_method };
}
