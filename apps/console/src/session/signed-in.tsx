import { lazy, Suspense, type ReactNode } from 'react';
import { Button, Center, Loader, Stack, Text } from '@mantine/core';
import { Navigate, useLocation } from 'react-router';
import { messageOf } from '../api/problem.js';
import { signInPath } from './paths.js';
import { SessionContext, useStoredSession } from './session.js';
import { SignInPage } from './sign-in-page.js';

const SetUpPage = lazy(() => import('./set-up-page.js'));

/** Shows what is inside to whoever is signed in, and the sign-in to everybody else; an invited seat sets that up first. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { data: session, error, isPending, refetch } = useStoredSession();
  const { pathname } = useLocation();
  if (pathname === '/set-up') {
    return (
      <Suspense fallback={<Waiting />}>
        <SetUpPage />
      </Suspense>
    );
  }
  if (isPending) return <Waiting />;
  if (error !== null && session === undefined) {
    return (
      <Center mih="100vh" component="main">
        <Stack align="center">
          <Text>{messageOf(error)}</Text>
          <Button onClick={() => void refetch()}>Try again</Button>
        </Stack>
      </Center>
    );
  }
  if (!session) return <SignInPage />;
  if (pathname.startsWith(signInPath)) return <Navigate to="/" replace />;
  return <SessionContext value={session}>{children}</SessionContext>;
}

function Waiting() {
  return (
    <Center mih="100vh">
      <Loader aria-label="Loading" />
    </Center>
  );
}
