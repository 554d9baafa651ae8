import { Button, Group, RingProgress, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../api/problem.js';
import { Copy } from '../display/copy.js';
import { useNow } from '../display/time.js';
import { Icon } from '../layout/icons.js';
import classes from './live-code.module.css';

interface Shown {
  code: string;
  expires_in_seconds: number;
}

interface LiveCodeProps {
  /** What it is the code of, as a query key. */
  name: string;
  read: (signal: AbortSignal) => Promise<Shown>;
  periodSeconds?: number;
}

/** The current code of an authenticator: hidden until somebody asks, since each look is in the audit. Goes on until hidden again. */
export function LiveCode({ name, read, periodSeconds = 30 }: LiveCodeProps) {
  const [isShown, setIsShown] = useState(false);
  const client = useQueryClient();
  const queryKey = ['live-code', name];
  const { data, error } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const { code, expires_in_seconds } = await read(signal);
      return { code, expiresAt: Date.now() + expires_in_seconds * 1_000 };
    },
    enabled: isShown,
    gcTime: 0,
    staleTime: Infinity,
    refetchInterval: ({ state }) =>
      state.data === undefined ? 1_000 : Math.max(250, state.data.expiresAt - Date.now()),
  });
  const hide = () => {
    setIsShown(false);
    client.removeQueries({ queryKey });
  };
  if (!isShown) {
    return (
      <Button variant="light" leftSection={<Icon name="eye" size={16} />} onClick={() => setIsShown(true)}>
        Show the code
      </Button>
    );
  }
  if (error !== null) {
    return (
      <Text size="sm" c="red">
        {messageOf(error)}
      </Text>
    );
  }
  if (data === undefined) return null;
  return (
    <Group gap="sm">
      <CountDown until={data.expiresAt} periodSeconds={periodSeconds} />
      <Text component="output" className={classes['code'] ?? ''} aria-live="polite">
        {grouped(data.code)}
      </Text>
      <Copy text={data.code} label="Copy the code" />
      <Button variant="subtle" color="gray" size="compact-sm" onClick={hide}>
        Hide
      </Button>
    </Group>
  );
}

function CountDown({ until, periodSeconds }: { until: number; periodSeconds: number }) {
  const left = Math.max(0, Math.ceil((until - useNow(250)) / 1_000));
  const isLate = left <= 5;
  return (
    <RingProgress
      size={44}
      thickness={4}
      roundCaps
      sections={[{ value: Math.min(100, (left / periodSeconds) * 100), color: isLate ? 'orange' : 'cyan' }]}
      label={
        <Text ta="center" size="xs" fw={600}>
          {left}
        </Text>
      }
      aria-label={`${left} seconds left`}
      role="img"
    />
  );
}

function grouped(code: string): string {
  return code.length % 2 === 0 ? `${code.slice(0, code.length / 2)} ${code.slice(code.length / 2)}` : code;
}
