import { Checkbox, Stack, type CheckboxGroupProps } from '@mantine/core';
import type { Scope } from '../session/session.js';

const meanings: Record<Scope, string> = {
  'codes:read': 'Get codes',
  'challenges:write': 'Open, answer and watch challenges',
  'vault:read': 'See logins and what came in for them, no secrets',
  'vault:write': 'Store, change and delete logins',
  'messages:read': 'Read the text of messages',
  'webhooks:write': 'Set up webhooks',
  admin: 'Keys, seats, audit and settings',
};

/** What a key or a seat may do. */
export function ScopeChoice({ label, ...field }: { label: string } & Omit<CheckboxGroupProps, 'children'>) {
  return (
    <Checkbox.Group label={label} {...field}>
      <Stack gap="xs" mt={6}>
        {Object.entries(meanings).map(([scope, meaning]) => (
          <Checkbox key={scope} value={scope} label={meaning} description={scope} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
