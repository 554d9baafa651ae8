import { useState } from 'react';
import { Card, Grid, Group, Progress, SegmentedControl, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api/client.js';
import { messageOf } from '../api/problem.js';
import { live } from '../api/queries.js';
import type { Statistics } from '../api/types.js';
import { TimeChart } from '../charts/time-chart.js';
import { EmptyState } from '../display/empty-state.js';
import { durationText } from '../display/time.js';
import { PageHeader } from '../layout/page-header.js';
import { FirstSteps } from './first-steps.js';
import { Tile } from './tile.js';
import { WebhookHealth } from './webhook-health.js';

const spans = [
  { value: '1', label: 'Hour' },
  { value: '24', label: 'Day' },
  { value: '168', label: 'Week' },
  { value: '720', label: 'Month' },
];

export default function OverviewPage() {
  const [hours, setHours] = useState('24');
  const { data, error } = useQuery({
    queryKey: ['statistics', hours],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/stats', { params: { query: { hours: Number(hours) } }, signal })),
    refetchInterval: live,
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHeader title="Overview" text="How codes got to those who asked for them.">
        <SegmentedControl data={spans} value={hours} onChange={setHours} size="xs" aria-label="Time shown" />
      </PageHeader>
      {data === undefined ? (
        error === null ? (
          <Skeleton h={320} radius="md" />
        ) : (
          <EmptyState title="There are no numbers" text={messageOf(error)} />
        )
      ) : (
        <Stack gap="md">
          <Tiles statistics={data} />
          {data.challenges.opened === 0 && data.challenges.open === 0 ? <FirstSteps /> : <Charts statistics={data} />}
          <WebhookHealth deliveries={data.deliveries} />
        </Stack>
      )}
    </>
  );
}

function Tiles({ statistics: { challenges, deliveries } }: { statistics: Statistics }) {
  const ended = challenges.resolved + challenges.unresolved;
  const share = ended === 0 ? null : Math.round((challenges.resolved / ended) * 100);
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md">
      <Tile
        label="Open challenges"
        value={challenges.open}
        note="waiting for a code now"
        to="/challenges?status=pending"
      />
      <Tile
        label="Codes delivered"
        value={challenges.resolved}
        note={share === null ? 'none asked for yet' : `${share} % of those that ended`}
      />
      <Tile label="Median time to code" value={durationText(challenges.median_seconds)} note="from opening" />
      <Tile
        label="Without a code"
        value={challenges.unresolved}
        note={deliveries.failed === 0 ? 'expired, cancelled or failed' : `and ${deliveries.failed} webhooks failed`}
        isBad={challenges.unresolved > 0}
      />
    </SimpleGrid>
  );
}

function Charts({ statistics: { series, factors } }: { statistics: Statistics }) {
  const times = series.map(({ at }) => at);
  const total = factors.reduce((sum, { resolved }) => sum + resolved, 0);
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Card withBorder h="100%">
          <Title order={2} size="h5" mb="xs">
            Challenges
          </Title>
          <TimeChart
            times={times}
            summary={`Challenges over time: ${sumOf(series, 'resolved')} with a code, ${sumOf(series, 'unresolved')} without.`}
            lines={[
              { label: 'With a code', color: 'cyan', kind: 'bars', values: series.map(({ resolved }) => resolved) },
              { label: 'Without', color: 'orange', kind: 'line', values: series.map(({ unresolved }) => unresolved) },
            ]}
          />
        </Card>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Card withBorder h="100%">
          <Title order={2} size="h5" mb="sm">
            By factor
          </Title>
          <Stack gap="sm">
            {factors.length === 0 && (
              <Text size="sm" c="dimmed">
                No code was delivered in this time.
              </Text>
            )}
            {factors.map(({ factor, resolved, median_seconds }) => (
              <Stack key={factor} gap={4}>
                <Group justify="space-between" gap="xs">
                  <Text size="sm">{factor.replace('_', ' ')}</Text>
                  <Text size="sm" c="dimmed">
                    {resolved} · {durationText(median_seconds)}
                  </Text>
                </Group>
                <Progress value={(resolved / total) * 100} aria-label={`${factor}: ${resolved} of ${total}`} />
              </Stack>
            ))}
          </Stack>
        </Card>
      </Grid.Col>
      <Grid.Col span={12}>
        <Card withBorder>
          <Title order={2} size="h5" mb="xs">
            Time to code
          </Title>
          <TimeChart
            times={times}
            summary="Median time from opening a challenge to its code, over time."
            lines={[
              {
                label: 'Median',
                color: 'cyan',
                kind: 'line',
                values: series.map(({ median_seconds }) => median_seconds),
                format: durationText,
              },
            ]}
          />
        </Card>
      </Grid.Col>
    </Grid>
  );
}

function sumOf(series: Statistics['series'], what: 'resolved' | 'unresolved'): number {
  return series.reduce((sum, point) => sum + point[what], 0);
}
