/*
 * Tells i18next our keys, so that a key that does not exist does not compile. Types only. It must never list keys itself. A stranger
 * would get wrong that plural keys are used without their _one and _other.
 */
import 'i18next';
import type { en } from './en.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}
