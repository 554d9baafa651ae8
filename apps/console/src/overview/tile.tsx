import { Anchor, Card, Text } from '@mantine/core';
import { Link } from 'react-router';

interface TileProps {
  label: string;
  value: number | string;
  note: string;
  isBad?: boolean;
  to?: string;
}

/** One number, large. */
export function Tile({ label, value, note, isBad = false, to }: TileProps) {
  return (
    <Card withBorder padding="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={30} fw={650} lh={1.3} c={isBad ? 'var(--mantine-color-orange-text)' : 'bright'}>
        {value}
      </Text>
      {to === undefined ? (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      ) : (
        <Anchor component={Link} to={to} size="xs">
          {note}
        </Anchor>
      )}
    </Card>
  );
}
