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
];
