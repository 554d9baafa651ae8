import { useState, type FormEvent } from 'react';
import { Button, Group, TextInput } from '@mantine/core';
import { api } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { useAction } from '../api/queries.js';

/** A human's answer. */
export function AnswerForm({ id }: { id: string }) {
  const [code, setCode] = useState('');
  const answer = useAction({
    run: () =>
      api.POST('/v1/challenges/{id}/code', { params: { path: { id } }, body: { code: code.replace(/\s/g, '') } }),
    done: 'Thank you. The code is on its way to the agent.',
    changes: ['challenges', 'statistics'],
    quiet: true,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    answer.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-start" gap="sm" wrap="nowrap">
        <TextInput
          flex={1}
          label="Code"
          description="What the site has sent, or the authenticator shows"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          autoComplete="one-time-code"
          error={answer.error === null ? null : messageOf(answer.error)}
          required
        />
        <Button type="submit" loading={answer.isPending} mt={45}>
          Answer
        </Button>
      </Group>
    </form>
  );
}
