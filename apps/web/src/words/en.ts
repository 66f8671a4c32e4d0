/*
 * All texts of the page in English: the source that the other languages follow, and what is shown where one lacks a text. It must
 * never hold a number or a name that changes: those are {{placeholders}}. A stranger would get wrong that a text is a whole sentence,
 * never glued from pieces, because other languages order them differently.
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

/** The shape of a language: the same keys with other texts (and its own plural forms, which is why keys may be more or fewer). */
export type Words = { readonly [section: string]: Words | string };
