import type { ReactNode } from 'react';
import { Center, Paper, Stack, Text, Title } from '@mantine/core';
import { Mark } from '../layout/mark.js';

/** The card in front of everything else. */
export function Entrance({ title, text, children }: { title: string; text: ReactNode; children: ReactNode }) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder shadow="sm" radius="lg" p={{ base: 'lg', sm: 'xl' }} w="100%" maw={420}>
        <Stack gap="lg">
          <Mark />
          <Stack gap={4}>
            <Title order={1} size="h3">
              {title}
            </Title>
            <Text c="dimmed" size="sm" component="div">
              {text}
            </Text>
          </Stack>
          {children}
        </Stack>
      </Paper>
    </Center>
  );
}
