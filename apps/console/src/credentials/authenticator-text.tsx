import { useState, type FormEvent } from 'react';
import { Button, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';
import { ShownOnce } from '../display/shown-once.js';
import { FormEnd } from '../display/form-end.js';
import { Skipped } from './skipped.js';

/** The secret in letters, its link, or the export of a whole app. */
export function AuthenticatorText({ onClose }: { onClose: () => void }) {
  const [type, setType] = useState<'totp' | 'hotp'>('totp');
  const [text, setText] = useState('');
  const [label, setLabel] = useState('');
  const input = text.trim();
  const isLink = input.startsWith('otpauth://');
  const isExport = input.startsWith('otpauth-migration://');
  const add = useAction({
    run: async () => {
      if (isExport) {
        const uris = input.split(/\s+/);
        const { items, skipped } = await bodyOf(api.POST('/v1/otp-secrets/import', { body: { uris } }));
        return { made: null, imported: items.length, skipped };
      }
      const named = label.trim() === '' ? {} : { label: label.trim() };
      const body = isLink
        ? { type: typeOf(input), uri: input, ...named }
        : { type, ...(input === '' ? {} : { secret: input }), ...named };
      return { made: await bodyOf(api.POST('/v1/otp-secrets', { body })), imported: 1, skipped: [] };
    },
    done: ({ imported }) =>
      imported === 1 ? 'The authenticator is stored.' : `${imported} authenticators are stored.`,
    changes: ['otp-secrets'],
    onDone: ({ skipped }) => {
      if (skipped.length === 0 && input !== '') onClose();
    },
    quiet: true,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  if (add.data?.made && input === '') {
    return (
      <Stack>
        <ShownOnce secret={add.data.made.secret} label="secret" />
        <Button onClick={onClose}>Done</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Textarea
          label="Secret, otpauth:// link or otpauth-migration:// export"
          description="Left empty, a new secret is made. Several export codes: one on each line."
          autosize
          minRows={2}
          maxRows={8}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
        {!isExport && (
          <TextInput
            label="Label"
            placeholder="GitHub"
            required={!isLink}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
        )}
        {!isExport && !isLink && (
          <SegmentedControl
            data={[
              { value: 'totp', label: 'By time (TOTP)' },
              { value: 'hotp', label: 'By counter (HOTP)' },
            ]}
            value={type}
            onChange={(value) => setType(value === 'hotp' ? 'hotp' : 'totp')}
            aria-label="Kind"
          />
        )}
        {add.data !== undefined && <Skipped stored={add.data.imported} skipped={add.data.skipped} />}
        <FormEnd error={add.error} submit={isExport ? 'Import' : 'Store'} isPending={add.isPending} onClose={onClose} />
      </Stack>
    </form>
  );
}

function typeOf(uri: string): 'totp' | 'hotp' {
  return uri.startsWith('otpauth://hotp/') ? 'hotp' : 'totp';
}
