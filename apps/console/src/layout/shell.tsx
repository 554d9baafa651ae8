import { Suspense } from 'react';
import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Center,
  Group,
  Loader,
  NavLink,
  ScrollArea,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useDocumentTitle } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Navigate, Route, Routes, useLocation } from 'react-router';
import { api } from '../api/client.js';
import { useAction } from '../api/queries.js';
import { EmptyState } from '../display/empty-state.js';
import { sessionKey, useSession } from '../session/session.js';
import { Icon } from './icons.js';
import { Mark } from './mark.js';
import { PageBoundary } from './page-boundary.js';
import classes from './shell.module.css';
import { pages, type PageEntry } from './pages.js';
import { usePageShortcuts } from './page-shortcuts.js';

/** The frame of every page: navigation, workspace, colours, sign-out. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { workspace, scopes, seat } = useSession();
  const { pathname } = useLocation();
  const here = pages.find(({ path }) => (path === '/' ? pathname === '/' : pathname.startsWith(path)));
  const first = pages.find(({ needs }) => scopes.includes(needs));
  useDocumentTitle(here === undefined ? 'otpost' : `${here.title} · otpost`);
  usePageShortcuts();
  return (
    <AppShell
      header={{ height: { base: 52, sm: 0 } }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'md', md: 'xl' }}
    >
      <a className={classes['skip'] ?? ''} href="#content">
        Skip to the content
      </a>
      <AppShell.Header hiddenFrom="sm">
        <Group h="100%" px="md" justify="space-between">
          <Mark />
          <Burger opened={isOpen} onClick={toggle} size="sm" aria-label="Navigation" />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Pages">
        <Box px="xs" py="sm" visibleFrom="sm">
          <Mark />
        </Box>
        <ScrollArea flex={1} type="auto">
          {pages.map((page) => (
            <NavLink
              key={page.path}
              component={Link}
              to={page.path}
              label={page.title}
              leftSection={<Icon name={page.icon} />}
              active={page === here}
              disabled={!scopes.includes(page.needs)}
              onClick={close}
              {...(page === here ? { 'aria-current': 'page' as const } : {})}
            />
          ))}
        </ScrollArea>
        <Group justify="space-between" wrap="nowrap" gap="xs" px="xs" pt="sm">
          <Box miw={0}>
            <Text size="sm" truncate title={workspace.name}>
              {workspace.name}
            </Text>
            {seat !== null && (
              <Text size="xs" c="dimmed" truncate title={seat.email}>
                {seat.email}
              </Text>
            )}
          </Box>
          <Group gap={4} wrap="nowrap">
            <ColourSwitch />
            <SignOut />
          </Group>
        </Group>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Box maw={1180} mx="auto">
          <PageBoundary key={here?.path ?? ''}>
            <Suspense
              fallback={
                <Center h={240}>
                  <Loader aria-label="Loading" />
                </Center>
              }
            >
              <Routes>
                {pages.map((page) => (
                  <Route
                    key={page.path}
                    path={page.path === '/' ? '/' : `${page.path}/*`}
                    element={
                      scopes.includes(page.needs) ? <page.component /> : <NotAllowed page={page} first={first} />
                    }
                  />
                ))}
                <Route
                  path="*"
                  element={<EmptyState title="There is no such page" text="The navigation has all there are." />}
                />
              </Routes>
            </Suspense>
          </PageBoundary>
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}

/** @param first page that may be seen: who signs in begins there */
function NotAllowed({ page, first }: { page: PageEntry; first: PageEntry | undefined }) {
  if (page.path === '/' && first !== undefined) return <Navigate to={first.path} replace />;
  return (
    <EmptyState
      title={`You may not see ${page.title.toLowerCase()}`}
      text={`What you signed in with lacks the scope ${page.needs}.`}
    />
  );
}

function ColourSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  const label = isDark ? 'Light colours' : 'Dark colours';
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      >
        <Icon name={isDark ? 'sun' : 'moon'} />
      </ActionIcon>
    </Tooltip>
  );
}

function SignOut() {
  const client = useQueryClient();
  const signOut = useAction({
    run: () => api.DELETE('/console/session'),
    onDone: () => {
      client.setQueryData(sessionKey, null);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    },
  });
  return (
    <Tooltip label="Sign out">
      <ActionIcon variant="subtle" color="gray" aria-label="Sign out" onClick={() => signOut.mutate()}>
        <Icon name="signOut" />
      </ActionIcon>
    </Tooltip>
  );
}
