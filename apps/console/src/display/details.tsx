import type { ReactNode } from 'react';
import { Box, Text } from '@mantine/core';
import classes from './details.module.css';

/** Names and what they stand for; what is null is left out. */
export function Details({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes['details'] ?? ''}>
      {of
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => (
          <Box key={name} className={classes['row'] ?? ''}>
            <Text component="dt" size="sm" c="dimmed">
              {name}
            </Text>
            <Text component="dd" size="sm" className={classes['value'] ?? ''}>
              {value}
            </Text>
          </Box>
        ))}
    </dl>
  );
}
