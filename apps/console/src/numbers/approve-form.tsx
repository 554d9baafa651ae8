import { useState, type FormEvent } from 'react';
import { Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import type { PhoneNumber } from '../api/types.js';
import { FormEnd } from '../display/form-end.js';

/** A number under the deployment's own Twilio token takes codes once whoever runs the deployment says that it is this workspace's. */
export function ApproveForm({ number, onClose }: { number: PhoneNumber | null; onClose: () => void }) {
  return (
    <Modal opened={number !== null} onClose={onClose} title={`Approve ${number?.e164 ?? ''}`}>
      {number !== null && <Fields number={number} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ number: { id, e164 }, onClose }: { number: PhoneNumber; onClose: () => void }) {
  const [rootKey, setRootKey] = useState('');
  const approve = useAction({
    run: () =>
      bodyOf(
        api.POST('/v1/phone-numbers/{id}/approve', {
          params: { path: { id } },
          headers: { authorization: `Bearer ${rootKey.trim()}` },
        }),
      ),
    done: `${e164} takes codes now.`,
    changes: ['numbers', 'credentials'],
    onDone: onClose,
    quiet: true,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    approve.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">
          Several workspaces share the deployment’s Twilio account, so whoever runs the deployment says whose number
          this is. It takes no code before.
        </Text>
        <PasswordInput
          label="Root key"
          description="Of the deployment (OTPOST_ROOT_KEY); it is used for this once, and kept nowhere"
          autoComplete="off"
          required
          data-autofocus
          value={rootKey}
          onChange={(event) => setRootKey(event.currentTarget.value)}
        />
        <FormEnd error={approve.error} submit="Approve" isPending={approve.isPending} onClose={onClose} />
      </Stack>
    </form>
  );
}
