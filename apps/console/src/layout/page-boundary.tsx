import { Component, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { EmptyState } from '../display/empty-state.js';

/** Where a page cannot be loaded, or fails: says so in its place, and leaves what is around it as it is. */
export class PageBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <EmptyState title="This page cannot be shown" text="otpost was not reached, or was updated meanwhile.">
        <Button onClick={() => location.reload()}>Try again</Button>
      </EmptyState>
    );
  }
}
