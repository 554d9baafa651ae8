import { SegmentedControl, Select } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { nameOf, useCredentials } from '../credentials/credential-names.js';

/** Whose codes arrive at a number. */
export interface Assigned {
  mode: string;
  credential_id: string | null;
}

/** As the API wants it. */
export function assignmentOf({ mode, credential_id }: Assigned) {
  const isShared = mode === 'shared';
  return {
    mode: isShared ? ('shared' as const) : ('dedicated' as const),
    credential_id: isShared ? null : credential_id,
  };
}

/** Its two fields, in any form that has them. */
export function AssignmentFields<Values extends Assigned>({ form }: { form: UseFormReturnType<Values> }) {
  const { data: credentials = [] } = useCredentials();
  return (
    <>
      <SegmentedControl
        data={[
          { value: 'dedicated', label: 'For one login' },
          { value: 'shared', label: 'Shared by several' },
        ]}
        aria-label="Use"
        {...form.getInputProps('mode')}
      />
      {form.values.mode === 'dedicated' && (
        <Select
          label="Login"
          data={credentials.map((credential) => ({ value: credential.id, label: nameOf(credential) }))}
          placeholder="None yet"
          searchable
          clearable
          {...form.getInputProps('credential_id')}
        />
      )}
    </>
  );
}
