import { Problem } from '../api/problem.js';
import { importImages } from './import-images.js';

/** Twice a second: a hand with a phone is no faster. */
const pauseMs = 500;

type Imported = Awaited<ReturnType<typeof importImages>>;

/**
 * Shows the camera in `video` and has the gateway look at it, again and again, until there is a QR code in it that it takes. The camera is
 * off when this ends, however it ends.
 *
 * @param onRefused told why what was in the picture is not taken; null: there is no QR code in it
 * @returns null: it was stopped
 */
export async function scanFrames(
  video: HTMLVideoElement,
  signal: AbortSignal,
  onRefused: (reason: string | null) => void,
): Promise<Imported | null> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'environment', width: { ideal: 1_280 } },
  });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return null;
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const frame = await frameOf(video);
      const found = frame === null ? null : await lookAt(frame, onRefused);
      if (found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return null;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    video.srcObject = null;
  }
}

async function frameOf(video: HTMLVideoElement): Promise<Blob | null> {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0) return null;
  const canvas = new OffscreenCanvas(videoWidth, videoHeight);
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Whatever is refused may be another frame's success; the session's end is not. */
async function lookAt(frame: Blob, onRefused: (reason: string | null) => void): Promise<Imported | null> {
  try {
    return await importImages([frame]);
  } catch (error) {
    const isPassing = error instanceof Problem && [422, 429, 503].includes(error.status);
    if (!isPassing) throw error;
    const [field] = error.fields;
    onRefused(field === undefined || /^no QR code/.test(field.message) ? null : field.message);
    return null;
  }
}
