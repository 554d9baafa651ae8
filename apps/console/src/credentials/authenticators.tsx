import { useState } from 'react';
import { Button, Group, Text } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction, usePages } from '../api/queries.js';
import type { OtpSecret } from '../api/types.js';
import { Confirm } from '../display/confirm.js';
import { EmptyState } from '../display/empty-state.js';
import { Rows } from '../display/rows.js';
import { Ago } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import { useMay } from '../session/session.js';
import { AuthenticatorForm } from './authenticator-form.js';
import { CounterCode } from './counter-code.js';
import { LiveCode } from './live-code.js';

/** OTP secrets on their own: what agents read by id. */
export function Authenticators() {
  const [isAdding, setIsAdding] = useState(false);
  const mayWrite = useMay('vault:write');
  const mayReadCodes = useMay('codes:read');
  const list = usePages(['otp-secrets'], (page, signal) =>
    bodyOf(api.GET('/v1/otp-secrets', { params: { query: page }, signal })),
  );
  const remove = useAction({
    run: (id: string) => api.DELETE('/v1/otp-secrets/{id}', { params: { path: { id } } }),
    done: 'The authenticator is deleted.',
    changes: ['otp-secrets'],
  });
  const add = mayWrite && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsAdding(true)}>
      Add an authenticator
    </Button>
  );
  return (
    <>
      {list.items.length > 0 && (
        <Group mb="md" justify="flex-end">
          {add}
        </Group>
      )}
      <Rows<OtpSecret>
        label="Authenticators"
        list={list}
        keyOf={({ id }) => id}
        columns={[
          {
            title: 'Label',
            isMain: true,
            cell: ({ label, issuer }) => (
              <>
                <Text size="sm" fw={550}>
                  {label}
                </Text>
                {issuer !== null && (
                  <Text size="xs" c="dimmed">
                    {issuer}
                  </Text>
                )}
              </>
            ),
          },
          {
            title: 'Kind',
            cell: ({ type, algorithm, digits }) => `${type.toUpperCase()} · ${algorithm} · ${digits} digits`,
          },
          {
            title: 'Code',
            cell: (secret) =>
              mayReadCodes && (secret.type === 'totp' ? <TotpCode secret={secret} /> : <CounterCode id={secret.id} />),
          },
          { title: 'Stored', cell: ({ created_at }) => <Ago at={created_at} /> },
          {
            title: '',
            align: 'right',
            cell: ({ id, label }) =>
              mayWrite && (
                <Confirm
                  label="Delete"
                  size="compact-sm"
                  variant="subtle"
                  title={`Delete ${label}?`}
                  text="Its secret is gone for good, and whoever asks for its codes gets none."
                  onConfirm={() => remove.mutate(id)}
                />
              ),
          },
        ]}
        empty={
          <EmptyState
            title="No authenticators yet"
            text="Add one by its secret or otpauth:// link, or bring a whole app’s export along."
          >
            {add}
          </EmptyState>
        }
      />
      <AuthenticatorForm opened={isAdding} onClose={() => setIsAdding(false)} />
    </>
  );
}

function TotpCode({ secret: { id, period } }: { secret: OtpSecret }) {
  return (
    <LiveCode
      name={id}
      periodSeconds={period ?? 30}
      read={async (signal) => {
        const { code, expires_in } = await bodyOf(
          api.GET('/api/v2/totp/code/{id}', { params: { path: { id } }, signal }),
        );
        return { code, expires_in_seconds: expires_in };
      }}
    />
  );
}
