/**
 * The features of this server. A new one adds a folder and a line here.
 */
import type { Feature } from '../jobs/feature.ts';
import { expiring } from './expiring/expiring.ts';
import { unique } from './unique/unique.ts';

export const features: readonly Feature[] = [unique, expiring];
