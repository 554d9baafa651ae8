import type { z } from 'zod';

/** Something every process that listens is told, now or never: wake-ups, entries of caches that no longer hold. Ids only. */
export interface BroadcastContract<Message extends z.ZodType = z.ZodType> {
  readonly kind: 'broadcast';
  readonly topic: string;
  readonly message: Message;
}

/** Declares a broadcast topic, `<service>.<what happened>`. */
export function defineBroadcast<Message extends z.ZodType>(
  topic: string,
  message: Message,
): BroadcastContract<Message> {
  return { kind: 'broadcast', topic, message };
}
