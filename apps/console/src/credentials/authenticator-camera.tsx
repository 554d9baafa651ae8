import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { Alert, Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { messageOf, Problem, sentence } from '../api/problem.js';
import type { importImages } from './import-images.js';
import classes from './authenticator-camera.module.css';
import { scanFrames } from './scan-frames.js';
import { Skipped } from './skipped.js';

type Imported = Awaited<ReturnType<typeof importImages>>;

/** A QR code in front of the camera. The camera is on while this is shown, and until something was read. */
export function AuthenticatorCamera({ onClose }: { onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [reason, setReason] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [imported, setImported] = useState<Imported | null>(null);
  const client = useQueryClient();
  const onFound = useEffectEvent((found: Imported) => {
    const count = found.items.length;
    const message = count === 1 ? 'The authenticator is stored.' : `${count} authenticators are stored.`;
    notifications.show({ message, color: 'teal' });
    void client.invalidateQueries({ queryKey: ['otp-secrets'] });
    if (found.skipped.length === 0) onClose();
    else setImported(found);
  });
  useEffect(() => {
    const closing = new AbortController();
    if (video.current !== null) {
      scanFrames(video.current, closing.signal, setReason).then(
        (found) => found !== null && onFound(found),
        (error: unknown) => setFailure(failureText(error)),
      );
    }
    return () => closing.abort();
  }, []);
  return (
    <Stack>
      {failure === null ? (
        <>
          <video ref={video} className={classes['video'] ?? ''} muted playsInline aria-label="What the camera sees" />
          <Text size="sm" c="dimmed" aria-live="polite">
            {reason === null ? 'Hold the QR code in front of the camera.' : `This is not taken: ${sentence(reason)}`}
          </Text>
        </>
      ) : (
        <Alert color="red" role="alert">
          {failure}
        </Alert>
      )}
      {imported !== null && <Skipped stored={imported.items.length} skipped={imported.skipped} />}
      <Button variant="default" onClick={onClose} ml="auto">
        Close
      </Button>
    </Stack>
  );
}

function failureText(error: unknown): string {
  if (error instanceof Problem) return messageOf(error);
  // Where a page did not come over https, there is no camera to ask for.
  if (!isSecureContext)
    return 'Browsers give the camera to pages over https alone. Take a picture of the code instead.';
  if (error instanceof DOMException && error.name === 'NotAllowedError')
    return 'The browser was not allowed to use the camera. Allow it, or take a picture of the code instead.';
  if (error instanceof DOMException) return 'There is no camera that can be used. Take a picture of the code instead.';
  return messageOf(error);
}
