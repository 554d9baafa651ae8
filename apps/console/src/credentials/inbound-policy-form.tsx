import { Group, Modal, NumberInput, Select, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api, bodyOf } from '../api/client.js';
import { fieldErrorsOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';
import type { InboundPolicy } from '../api/types.js';
import { FormEnd } from '../display/form-end.js';

type Hint = NonNullable<InboundPolicy['extraction_hint']>;

interface InboundPolicyFormProps {
  opened: boolean;
  onClose: () => void;
  policy: InboundPolicy;
}

export function InboundPolicyForm({ opened, onClose, policy }: InboundPolicyFormProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="What the login takes">
      <Fields policy={policy} onClose={onClose} />
    </Modal>
  );
}

function Fields({ policy, onClose }: Omit<InboundPolicyFormProps, 'opened'>) {
  const form = useForm({ initialValues: valuesOf(policy) });
  const save = useAction({
    run: (values: typeof form.values) =>
      bodyOf(
        api.PATCH('/v1/credentials/{credential_id}/inbound-policy', {
          params: { path: { credential_id: policy.credential_id } },
          body: {
            require_auth: values.require_auth,
            allowed_sender_domains: values.allowed_sender_domains,
            extraction_hint: hintOf(values),
          },
        }),
      ),
    done: 'It holds for the next message.',
    changes: ['inbound-policy'],
    onDone: onClose,
    quiet: true,
  });
  const submit = form.onSubmit((values) =>
    save.mutate(values, { onError: (error) => form.setErrors(errorsOf(error)) }),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <TagsInput
          label="Mail is taken from"
          description="Domains, with those below them. Empty: from any"
          placeholder="bank.example"
          data-autofocus
          maxTags={32}
          acceptValueOnBlur
          {...form.getInputProps('allowed_sender_domains')}
        />
        <Switch
          label="Only with proof of its sender"
          description="SPF, DKIM or DMARC must pass"
          {...form.getInputProps('require_auth', { type: 'checkbox' })}
        />
        <Group grow align="flex-start">
          <NumberInput
            label="Characters in a code"
            min={3}
            max={32}
            allowDecimal={false}
            {...form.getInputProps('length')}
          />
          <Select
            label="Made of"
            placeholder="Anything"
            data={[
              { value: 'digits', label: 'Digits' },
              { value: 'letters', label: 'Letters' },
              { value: 'alphanumeric', label: 'Both' },
            ]}
            clearable
            {...form.getInputProps('alphabet')}
          />
        </Group>
        <TextInput
          label="Pattern"
          description="RE2; its first group is the code"
          placeholder="code: ([0-9]{6})"
          spellCheck={false}
          autoComplete="off"
          {...form.getInputProps('pattern')}
        />
        <TextInput
          label="The sender has in it"
          description="Part of the address, number or name: tells logins on a shared number apart"
          autoComplete="off"
          {...form.getInputProps('sender')}
        />
        <FormEnd
          error={save.error}
          isErrorAtFields={Object.keys(form.errors).length > 0}
          submit="Change"
          isPending={save.isPending}
          onClose={onClose}
        />
      </Stack>
    </form>
  );
}

function valuesOf({ require_auth, allowed_sender_domains, extraction_hint: hint }: InboundPolicy) {
  return {
    require_auth,
    allowed_sender_domains,
    length: hint?.length ?? '',
    alphabet: (hint?.alphabet ?? null) as Hint['alphabet'] | null,
    pattern: hint?.pattern ?? '',
    sender: hint?.sender ?? '',
  };
}

/** Null where nothing is known of its codes. */
function hintOf({ length, alphabet, pattern, sender }: ReturnType<typeof valuesOf>): Hint | null {
  const hint: Hint = {
    ...(typeof length === 'number' ? { length } : {}),
    ...(alphabet == null ? {} : { alphabet }),
    ...(pattern === '' ? {} : { pattern }),
    ...(sender === '' ? {} : { sender }),
  };
  return Object.keys(hint).length === 0 ? null : hint;
}

/** The fields of the hint stand beside the others here; of the domains, the first that is wrong speaks for all. */
function errorsOf(error: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldErrorsOf(error)).map(([path, message]) => [
      path.replace(/^extraction_hint\./, '').replace(/^allowed_sender_domains\..*/, 'allowed_sender_domains'),
      message,
    ]),
  );
}
