import { api, bodyOf } from '../api/client.js';
import { useAction } from '../api/queries.js';

/** The longest side of what is sent; a QR code needs less. */
const mostPixels = 2_400;
/** What is sent as it is. */
const smallBytes = 2_000_000;

/** Authenticators from images of their QR codes: the gateway reads them, and stores what they say. */
export function useImageImport(onClose: () => void) {
  return useAction({
    run: async (images: readonly Blob[]) => importImages(await Promise.all(images.map(readable))),
    done: ({ items }) =>
      items.length === 1 ? 'The authenticator is stored.' : `${items.length} authenticators are stored.`,
    changes: ['otp-secrets'],
    onDone: ({ skipped }) => {
      if (skipped.length === 0) onClose();
    },
    quiet: true,
  });
}

/** @throws Problem that says what is wrong with an image */
export async function importImages(images: readonly Blob[]) {
  const form = new FormData();
  for (const image of images) form.append('image', image, 'qr');
  return bodyOf(api.POST('/v1/otp-secrets/import', { body: { image: [] }, bodySerializer: () => form }));
}

/** A photograph, or a format that the gateway does not take, as a JPEG of a bearable size; what the browser cannot read, as it is. */
async function readable(image: Blob): Promise<Blob> {
  if (image.size <= smallBytes && /^image\/(png|jpeg)$/.test(image.type)) return image;
  try {
    const bitmap = await createImageBitmap(image);
    const scale = Math.min(1, mostPixels / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.ceil(bitmap.width * scale), Math.ceil(bitmap.height * scale));
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
  } catch {
    return image;
  }
}
