import { Text } from '@mantine/core';
import { api, bodyOf } from '../api/client.js';
import { live, usePages } from '../api/queries.js';
import { PageHeader } from '../layout/page-header.js';

export default function OverviewPage() {
  const challenges = usePages(
    ['challenges', 'pending'],
    (page, signal) => bodyOf(api.GET('/v1/challenges', { params: { query: { ...page, status: 'pending' } }, signal })),
    { refetchInterval: live },
  );
  return (
    <>
      <PageHeader title="Overview" />
      <Text>{challenges.items.length} open challenges</Text>
    </>
  );
}
