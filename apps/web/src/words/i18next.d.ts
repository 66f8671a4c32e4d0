/**
 * Declares the keys of the texts to i18next, so that an unknown key does not compile. Types only.
 *
 * Plural keys are used without _one and _other.
 */
import 'i18next';
import type { en } from './en.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}
