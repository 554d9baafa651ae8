import { Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { PageHeader } from '../layout/page-header.js';
import { Deliveries } from './deliveries.js';
import { Endpoints } from './endpoints.js';

export default function WebhooksPage() {
  const { '*': below = '' } = useParams();
  const navigate = useNavigate();
  const tab = below === 'deliveries' ? below : 'endpoints';
  return (
    <>
      <PageHeader title="Webhooks" text="Where events are sent, and what became of each." />
      <Tabs
        value={tab}
        onChange={(value) => void navigate(value === 'deliveries' ? '/webhooks/deliveries' : '/webhooks')}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="endpoints">Endpoints</Tabs.Tab>
          <Tabs.Tab value="deliveries">Deliveries</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="endpoints">
          <Endpoints openId={tab === 'endpoints' && below !== '' ? below : null} />
        </Tabs.Panel>
        <Tabs.Panel value="deliveries">
          <Deliveries />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
