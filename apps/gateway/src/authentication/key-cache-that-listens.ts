import { apiKeyRevoked, workspaceDeleted } from '@otpost/contracts';
import type { Broadcast } from '@otpost/messaging';
import { KeyCache, type KeySource } from './api-keys.js';

/** The key cache, told by the vault of what it must forget. A revoked key takes its tokens along, and those it does not name: all go. */
export function keyCacheThatListens(source: KeySource, broadcast: Broadcast): KeyCache {
  const forgetAll = () => keys.forgetAll();
  const subscriptions = [
    broadcast.subscribe(apiKeyRevoked, forgetAll, forgetAll),
    broadcast.subscribe(workspaceDeleted, forgetAll, forgetAll),
  ];
  const keys = new KeyCache({ source, now: Date.now, isLive: () => subscriptions.every(({ isLive }) => isLive) });
  return keys;
}
