import { ActionIcon, Code, CopyButton, Group, Tooltip } from '@mantine/core';
import { Icon } from '../layout/icons.js';

/** Puts a text on the clipboard. */
export function Copy({ text, label }: { text: string; label: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon variant="subtle" color={copied ? 'teal' : 'gray'} size="sm" onClick={copy} aria-label={label}>
            <Icon name={copied ? 'check' : 'copy'} size={15} />
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A text that somebody will want to have, as it is. */
export function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <Group gap={4} wrap="nowrap" maw="100%">
      <Code style={{ overflowWrap: 'anywhere' }}>{text}</Code>
      <Copy text={text} label={label} />
    </Group>
  );
}
