/**
 * All English texts of the page: the source of the translations, and the fallback for a missing
 * text.
 *
 * A text is a whole sentence, because languages order words differently. Changing numbers and
 * names are {{placeholders}}.
 */
import { actions } from './en/actions.ts';
import { errors, job, jobs } from './en/jobs.ts';
import { overview } from './en/overview.ts';
import { parts } from './en/parts.ts';
import { push } from './en/push.ts';
import { queues } from './en/queues.ts';
import { settings } from './en/settings.ts';
import { shell } from './en/shell.ts';
import { workers } from './en/workers.ts';

export const en = { actions, errors, job, jobs, overview, parts, push, queues, settings, shell, workers };

/** The type of a language's texts: the same keys; plural keys differ by language. */
export type Words = { readonly [section: string]: Words | string };
