import type { RedisConnection } from './redis-connection.js';

const blockSeconds = 5;
const mostAtOnce = 128;

/** Hands on what arrives in the list of replies to this process, until the connection is closed. */
export async function readReplies(
  connection: RedisConnection,
  key: string,
  onReply: (frame: Buffer) => void,
): Promise<void> {
  while (await connection.untilReady()) {
    try {
      const popped = await connection.client.blmpopBuffer(blockSeconds, 1, key, 'LEFT', 'COUNT', mostAtOnce);
      const frames = popped?.[1] ?? [];
      for (const frame of frames) onReply(frame);
    } catch {
      await pause(connection);
    }
  }
}

/** After an error: a breath, so that an error that stays does not spin. */
export async function pause(connection: RedisConnection): Promise<void> {
  if (connection.closed) return;
  await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100));
}
