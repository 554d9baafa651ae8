import { Alert, Button, Group } from '@mantine/core';
import { messageOf } from '../api/problem.js';

interface FormEndProps {
  /** What sending it came to; null: nothing went wrong. */
  error: Error | null;
  /** The fields say themselves what is wrong with them. */
  isErrorAtFields?: boolean;
  submit: string;
  isPending: boolean;
  isUnchanged?: boolean;
  /** Without it the form is no dialogue, and stays. */
  onClose?: () => void;
}

/** How every form ends: what went wrong as a whole, and its buttons. */
export function FormEnd({ error, isErrorAtFields = false, submit, isPending, isUnchanged, onClose }: FormEndProps) {
  return (
    <>
      {error !== null && !isErrorAtFields && (
        <Alert color="red" role="alert">
          {messageOf(error)}
        </Alert>
      )}
      <Group justify="flex-end">
        {onClose !== undefined && (
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        )}
        <Button type="submit" loading={isPending} disabled={isUnchanged === true}>
          {submit}
        </Button>
      </Group>
    </>
  );
}
