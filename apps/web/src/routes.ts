/**
 * The pages of the rail: addresses, names and keys, in the order of the rail. The code of a page
 * loads when it is visited.
 */
import { Activity, Bug, Cpu, ListTree, type LucideIcon, Rows3, Send, Settings } from 'lucide-react';

/** Names of the pages in the rail; their texts are in shell.pages. */
type PageName = 'overview' | 'queues' | 'jobs' | 'errors' | 'workers' | 'push' | 'settings';

/** A page in the rail. */
export interface PageRoute {
  name: PageName;
  href: string;
  icon: LucideIcon;
  /** The key to press after `g`. */
  key: string;
}

/** All pages of the rail, in order. */
export const pages: readonly PageRoute[] = [
  { name: 'overview', href: '/', icon: Activity, key: 'o' },
  { name: 'queues', href: '/queues', icon: Rows3, key: 'q' },
  { name: 'jobs', href: '/jobs', icon: ListTree, key: 'j' },
  { name: 'errors', href: '/errors', icon: Bug, key: 'e' },
  { name: 'workers', href: '/workers', icon: Cpu, key: 'w' },
  { name: 'push', href: '/push', icon: Send, key: 'p' },
  { name: 'settings', href: '/about', icon: Settings, key: 's' },
];
