import { Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { PageHeader } from '../layout/page-header.js';
import { Authenticators } from './authenticators.js';
import { Logins } from './logins.js';

const authenticators = 'authenticators';

export default function CredentialsPage() {
  const { '*': below = '' } = useParams();
  const navigate = useNavigate();
  const tab = below === authenticators ? authenticators : 'logins';
  return (
    <>
      <PageHeader title="Credentials" text="Logins with their second factor, and authenticators that stand alone." />
      <Tabs
        value={tab}
        onChange={(value) =>
          void navigate(value === authenticators ? `/credentials/${authenticators}` : '/credentials')
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="logins">Logins</Tabs.Tab>
          <Tabs.Tab value={authenticators}>Authenticators</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="logins">
          <Logins openId={tab === 'logins' && below !== '' ? below : null} />
        </Tabs.Panel>
        <Tabs.Panel value={authenticators}>
          <Authenticators />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
