import { lazy, type ComponentType } from 'react';
import type { Scope } from '../session/session.js';
import type { IconName } from './icons.js';

export interface PageEntry {
  /** Below /console. */
  path: string;
  title: string;
  icon: IconName;
  /** A second key after `g`. */
  shortcut: string;
  /** What the key needs, for the page to show anything. */
  needs: Scope;
  component: ComponentType;
}

/** Every page, in the order of the navigation. Each is a file of its own, loaded when it is first opened. */
export const pages: readonly PageEntry[] = [
  {
    path: '/',
    title: 'Overview',
    icon: 'overview',
    shortcut: 'o',
    needs: 'challenges:write',
    component: lazy(() => import('../overview/overview-page.js')),
  },
  {
    path: '/credentials',
    title: 'Credentials',
    icon: 'credentials',
    shortcut: 'c',
    needs: 'vault:read',
    component: lazy(() => import('../credentials/credentials-page.js')),
  },
  {
    path: '/challenges',
    title: 'Challenges',
    icon: 'challenges',
    shortcut: 'h',
    needs: 'challenges:write',
    component: lazy(() => import('../challenges/challenges-page.js')),
  },
  {
    path: '/messages',
    title: 'Messages',
    icon: 'messages',
    shortcut: 'm',
    needs: 'vault:read',
    component: lazy(() => import('../messages/messages-page.js')),
  },
  {
    path: '/webhooks',
    title: 'Webhooks',
    icon: 'webhooks',
    shortcut: 'w',
    needs: 'webhooks:write',
    component: lazy(() => import('../webhooks/webhooks-page.js')),
  },
  {
    path: '/numbers',
    title: 'Numbers',
    icon: 'numbers',
    shortcut: 'n',
    needs: 'vault:read',
    component: lazy(() => import('../numbers/numbers-page.js')),
  },
  {
    path: '/forwarding',
    title: 'Forwarding',
    icon: 'forwarding',
    shortcut: 'f',
    needs: 'admin',
    component: lazy(() => import('../forwarding/forwarding-page.js')),
  },
  {
    path: '/seats',
    title: 'Seats',
    icon: 'seats',
    shortcut: 's',
    needs: 'admin',
    component: lazy(() => import('../seats/seats-page.js')),
  },
  {
    path: '/api-keys',
    title: 'API keys',
    icon: 'keys',
    shortcut: 'k',
    needs: 'admin',
    component: lazy(() => import('../api-keys/api-keys-page.js')),
  },
  {
    path: '/encryption',
    title: 'Encryption',
    icon: 'lock',
    shortcut: 'e',
    needs: 'admin',
    component: lazy(() => import('../keys/keys-page.js')),
  },
  {
    path: '/audit',
    title: 'Audit',
    icon: 'audit',
    shortcut: 'a',
    needs: 'admin',
    component: lazy(() => import('../audit/audit-page.js')),
  },
  {
    path: '/settings',
    title: 'Settings',
    icon: 'settings',
    shortcut: 't',
    needs: 'admin',
    component: lazy(() => import('../settings/settings-page.js')),
  },
];
