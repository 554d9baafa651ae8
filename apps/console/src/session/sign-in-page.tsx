import { useState } from 'react';
import { Anchor, Text } from '@mantine/core';
import { useLocation } from 'react-router';
import { Entrance } from './entrance.js';
import { KeySignIn } from './key-sign-in.js';
import { knownWorkspace, workspaceIn } from './known-workspace.js';
import { signInPath } from './paths.js';
import { SeatSignIn } from './seat-sign-in.js';

/** With an API key; or as a seat, at the workspace that the address names, or where this browser did so before. */
export function SignInPage() {
  const { pathname } = useLocation();
  const [workspaceId] = useState(() => workspaceIn(pathname) ?? knownWorkspace());
  const [isSeat, setIsSeat] = useState(pathname.startsWith(signInPath) || workspaceId !== null);
  return (
    <Entrance
      title="Sign in"
      text={
        isSeat
          ? 'As a seat of the workspace, with your password and your authenticator.'
          : 'With an API key of your workspace. You may do here what the key may do, for twelve hours.'
      }
    >
      {isSeat ? <SeatSignIn workspaceId={workspaceId} /> : <KeySignIn />}
      <Text c="dimmed" size="xs">
        {isSeat ? (
          'Nothing set up yet, or lost your phone? Whoever runs the workspace makes you a link. '
        ) : (
          <>
            No key yet? <code>./otpost status</code> shows the one of the demo workspace;{' '}
            <Anchor href="/docs" inherit>
              the API
            </Anchor>{' '}
            makes more.{' '}
          </>
        )}
        <Anchor component="button" type="button" inherit onClick={() => setIsSeat(!isSeat)}>
          {isSeat ? 'Use an API key instead' : 'Use a seat instead'}
        </Anchor>
      </Text>
    </Entrance>
  );
}
