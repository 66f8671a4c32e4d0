/*
 * The choice of how far back a chart looks, as a row of small buttons. It must never load anything. A stranger would get wrong that
 * `live` is not a span of the server's history: it is what this page has seen itself.
 */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Span } from '../api.ts';

/** The choice among `choices`. */
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
