import { useEffect, useEffectEvent, useState, type DragEvent } from 'react';
import { Alert, Button, FileButton, Loader, Paper, Stack, Text } from '@mantine/core';
import { fieldErrorsOf, messageOf, sentence } from '../api/problem.js';
import { useImageImport } from './import-images.js';
import { Skipped } from './skipped.js';

/** Images of QR codes: chosen, dropped or pasted. */
export function AuthenticatorPicture({ onClose }: { onClose: () => void }) {
  const add = useImageImport(onClose);
  const [isOver, setIsOver] = useState(false);
  const send = (files: Iterable<File> | null | undefined) => {
    const images = [...(files ?? [])];
    if (images.length > 0 && !add.isPending) add.mutate(images);
  };
  const onPaste = useEffectEvent((event: ClipboardEvent) => send(event.clipboardData?.files));
  useEffect(() => {
    const listener = (event: ClipboardEvent) => onPaste(event);
    addEventListener('paste', listener);
    return () => removeEventListener('paste', listener);
  }, []);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    send(event.dataTransfer.files);
  };
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(true);
  };
  return (
    <Stack>
      <Paper
        withBorder
        p="xl"
        radius="md"
        {...(isOver ? { bg: 'var(--mantine-primary-color-light)' } : {})}
        onDrop={onDrop}
        onDragOver={onDragOver}
        onDragLeave={() => setIsOver(false)}
        data-testid="drop"
      >
        <Stack align="center" gap="sm" ta="center">
          {add.isPending ? (
            <Loader aria-label="Reading the image" />
          ) : (
            <FileButton onChange={send} accept="image/*" multiple>
              {(button) => (
                <Button {...button} data-autofocus>
                  Choose an image
                </Button>
              )}
            </FileButton>
          )}
          <Text size="sm" c="dimmed">
            Or drop it here, or paste a screenshot. Of an export with several QR codes: all of them at once.
          </Text>
        </Stack>
      </Paper>
      {add.error !== null && (
        <Alert color="red" role="alert">
          {sentence(fieldErrorsOf(add.error)['image'] ?? messageOf(add.error))}
        </Alert>
      )}
      {add.data !== undefined && <Skipped stored={add.data.items.length} skipped={add.data.skipped} />}
      <Button variant="default" onClick={onClose} ml="auto">
        Close
      </Button>
    </Stack>
  );
}
