import type { ReactNode } from 'react';
import { Alert, Button, Center, Loader, Paper, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import { messageOf } from '../api/problem.js';
import classes from './rows.module.css';

export interface Column<Item> {
  title: string;
  cell: (item: Item) => ReactNode;
  /** On narrow screens a row is a card, and this column only its headline. */
  isMain?: boolean;
  align?: 'right';
}

interface RowsProps<Item> {
  label: string;
  columns: Column<Item>[];
  list: {
    items: Item[];
    isPending: boolean;
    error: unknown;
    more?: (() => void) | undefined;
    isFetchingMore?: boolean;
    retry?: () => void;
  };
  keyOf: (item: Item) => string;
  /** What a click on a row's main cell does. */
  onOpen?: (item: Item) => void;
  /** Shown when there are none. */
  empty: ReactNode;
}

/** A list as a table; as cards on a phone. */
export function Rows<Item>({ label, columns, list, keyOf, onOpen, empty }: RowsProps<Item>) {
  if (list.isPending) {
    return (
      <Center h={200}>
        <Loader aria-label="Loading" />
      </Center>
    );
  }
  if (list.error !== null && list.items.length === 0) {
    return (
      <Alert color="red" role="alert" title="This cannot be shown">
        <Stack gap="sm" align="flex-start">
          {messageOf(list.error)}
          {list.retry !== undefined && (
            <Button variant="default" size="xs" onClick={list.retry}>
              Try again
            </Button>
          )}
        </Stack>
      </Alert>
    );
  }
  if (list.items.length === 0) return empty;
  return (
    <Stack>
      <Paper withBorder radius="md" className={classes['frame'] ?? ''}>
        <Table
          verticalSpacing="sm"
          horizontalSpacing="md"
          highlightOnHover
          aria-label={label}
          className={classes['rows'] ?? ''}
        >
          <Table.Thead>
            <Table.Tr>
              {columns.map(({ title, align }) => (
                <Table.Th key={title} {...(align === undefined ? {} : { ta: align })}>
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.items.map((item) => (
              <Table.Tr key={keyOf(item)}>
                {columns.map(({ title, cell, isMain = false, align }) => (
                  <Table.Td
                    key={title}
                    data-title={title}
                    data-main={isMain || undefined}
                    {...(align === undefined ? {} : { ta: align })}
                  >
                    {isMain && onOpen !== undefined ? (
                      <UnstyledButton className={classes['open'] ?? ''} onClick={() => onOpen(item)}>
                        {cell(item)}
                      </UnstyledButton>
                    ) : (
                      cell(item)
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Paper>
      {list.more !== undefined && (
        <Button variant="default" onClick={list.more} loading={list.isFetchingMore ?? false} mx="auto">
          Show more
        </Button>
      )}
    </Stack>
  );
}

/** Nothing to say in a cell. */
export function Nothing() {
  return (
    <Text component="span" c="dimmed" aria-label="none">
      –
    </Text>
  );
}
