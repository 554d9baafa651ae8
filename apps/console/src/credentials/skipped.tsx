import { Alert } from '@mantine/core';

/** What of an export could not be taken over. */
export function Skipped({
  stored,
  skipped,
}: {
  stored: number;
  skipped: readonly { label: string; reason: string }[];
}) {
  if (skipped.length === 0) return null;
  return (
    <Alert color="yellow" title={`${stored} stored, ${skipped.length} left out`}>
      {skipped.map((one) => `${one.label}: ${one.reason}`).join('; ')}
    </Alert>
  );
}
