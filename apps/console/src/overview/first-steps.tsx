import { Button, Code, List } from '@mantine/core';
import { Link } from 'react-router';
import { EmptyState } from '../display/empty-state.js';

/** Nobody has asked for a code yet: how that is done. */
export function FirstSteps() {
  return (
    <EmptyState
      title="No agent has asked for a code in this time"
      text={
        <List type="ordered" ta="left" size="sm" spacing={6}>
          <List.Item>Store a login with its second factor: a secret, or an inbox of its own.</List.Item>
          <List.Item>
            At the prompt, the agent calls <Code>POST /v1/challenges</Code> and gets its code.
          </List.Item>
          <List.Item>What it asked for, and what it got, appears here.</List.Item>
        </List>
      }
    >
      <Button component={Link} to="/credentials">
        To the credentials
      </Button>
    </EmptyState>
  );
}
