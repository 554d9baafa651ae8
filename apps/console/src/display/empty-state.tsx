import type { ReactNode } from 'react';
import { Paper, Stack, Text, Title } from '@mantine/core';

/** Nothing is here yet: says why, and what to do next. */
export function EmptyState({ title, text, children }: { title: string; text: ReactNode; children?: ReactNode }) {
  return (
    <Paper withBorder radius="md" p="xl">
      <Stack align="center" gap="sm" ta="center" py="lg">
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text c="dimmed" maw={520} component="div">
          {text}
        </Text>
        {children}
      </Stack>
    </Paper>
  );
}
