import type { ReactNode } from 'react';
import { Button, Center, Loader, Stack, Text } from '@mantine/core';
import { messageOf } from '../api/problem.js';
import { SessionContext, useStoredSession } from './session.js';
import { SignInPage } from './sign-in-page.js';

/** Shows what is inside to whoever is signed in, and the sign-in to everybody else. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { data: session, error, isPending, refetch } = useStoredSession();
  if (isPending) {
    return (
      <Center mih="100vh">
        <Loader aria-label="Loading" />
      </Center>
    );
  }
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
  return session ? <SessionContext value={session}>{children}</SessionContext> : <SignInPage />;
}
