/**
 * A row of small buttons that choose the time span of a chart.
 *
 * `live` is not a span of the server’s history: it shows what this page has received itself.
 */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Span } from '../api.ts';

/** Buttons for the spans in `choices`. */
export function SpanChoice<T extends Span | 'live'>({
  value,
  onChange,
  choices,
}: {
  value: T;
  onChange: (span: T) => void;
  choices: readonly T[];
}): ReactNode {
  const { t } = useTranslation();
  return (
    <fieldset className="flex" aria-label={t('parts.span')}>
      {choices.map((span) => (
        <button
          key={span}
          type="button"
          aria-pressed={span === value}
          onClick={() => onChange(span)}
          className="h-[24px] border-b-2 border-transparent px-2 text-sm text-soft hover:text-ink aria-pressed:border-accent aria-pressed:font-medium aria-pressed:text-ink"
        >
          {t(`parts.spans.${span}`)}
        </button>
      ))}
    </fieldset>
  );
}
