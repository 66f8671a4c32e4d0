/**
 * A field for JSON: reports a mistake with its line, marks the line, and can format the text. It
 * changes the text only on request.
 *
 * Note: Tab leaves the field, as in every other field.
 */
import { AlignLeft } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { type JsonProblem, laidOut } from '../json.ts';
import { Button } from './button.tsx';

/** The JSON mistake of a text in words. */
export function useJsonWords(): (problem: JsonProblem) => string {
  const { t } = useTranslation();
  return ({ mistake, line, column }) => t(`parts.json.${mistake}`, { line, column });
}

/** The field. */
export function JsonField(props: {
  label: string;
  value: string;
  onChange: (text: string) => void;
  hint?: string;
  /** The mistake in words; absent: no mistake. */
  mistake?: string | undefined;
  /** Line of the mistake, from 1. */
  line?: number | undefined;
  rows?: number;
}): ReactNode {
  const { t } = useTranslation();
  const id = useId();
  const lines = Math.max(props.rows ?? 6, props.value.split('\n').length);
  const format = () => props.onChange(laidOut(props.value));
  return (
    <div className="flex flex-col gap-1">
      <div className="flex min-h-7 items-center gap-2">
        <label htmlFor={id} className="me-auto">
          {props.label}
        </label>
        <Button small tone="quiet" icon={AlignLeft} disabled={props.mistake !== undefined} onClick={format}>
          {t('parts.format')}
        </Button>
      </div>
      <div
        dir="ltr"
        className={`flex max-h-[480px] overflow-auto rounded-md border bg-raised font-mono text-sm focus-within:outline-2 focus-within:outline-accent ${props.mistake ? 'border-dead' : 'border-edge'}`}
      >
        <ol
          aria-hidden
          className="sticky start-0 shrink-0 border-e border-line bg-sunken px-2 py-2 text-end text-faint select-none"
        >
          {[...Array(lines).keys()].map((line) => (
            <li key={line} className={line + 1 === props.line ? 'font-bold text-dead' : ''}>
              {line + 1}
            </li>
          ))}
        </ol>
        <textarea
          id={id}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
          aria-invalid={props.mistake ? true : undefined}
          aria-describedby={`${id}-note`}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          rows={lines}
          wrap="off"
          className="min-w-0 grow resize-none overflow-x-auto bg-transparent p-2 whitespace-pre outline-none"
        />
      </div>
      <p
        id={`${id}-note`}
        aria-live="polite"
        className={`min-h-[18px] text-sm ${props.mistake ? 'text-dead' : 'text-faint'}`}
      >
        {props.mistake ?? props.hint}
      </p>
    </div>
  );
}
