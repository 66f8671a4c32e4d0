/** Failures over a time span as small bars, with the same data as text. Its size is fixed. */
import type { ErrorGroup } from '@faktory-ts/protocol';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Span } from '../../api.ts';
import { count } from '../../numbers.ts';
import { serverNow } from '../../time.tsx';

const bars = 30;
const [width, height] = [150, 36];
const hour = 3_600_000; // ms
const lasts: Record<Span, number> = {
  '30m': hour,
  '3h': 3 * hour,
  '24h': 24 * hour,
  '7d': 7 * 24 * hour,
  '30d': 30 * 24 * hour,
  '180d': 180 * 24 * hour,
};

export function Trend({ hours, span }: Pick<ErrorGroup, 'hours'> & { span: Span }): ReactNode {
  const { t } = useTranslation();
  const shown = Math.min(bars, Math.ceil(lasts[span] / hour));
  const values = sums(hours, lasts[span], shown);
  const most = Math.max(1, ...values);
  const step = width / shown;
  const words = t('errors.trend', {
    number: count(hours.reduce((sum, each) => sum + each.count, 0)),
    most: count(Math.max(0, ...hours.map((each) => each.count))),
  });
  const bar = (value: number): number => (value === 0 ? 0 : Math.max(2, (value / most) * (height - 2)));
  const tall = values.map((value, index) => ({ x: index * step, height: bar(value) }));
  return (
    <svg
      role="img"
      aria-label={words}
      width={width}
      height={height}
      className="shrink-0 text-dead rtl:-scale-x-100"
    >
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} className="stroke-line" />
      {tall.map((each) => (
        <rect
          key={each.x}
          x={each.x}
          y={height - each.height}
          width={step - 1}
          height={each.height}
          fill="currentColor"
        />
      ))}
    </svg>
  );
}

/** The failures in each of `parts` equal parts of the span, the newest last. */
function sums(hours: ErrorGroup['hours'], length: number, parts: number): number[] {
  const found = new Array<number>(parts).fill(0);
  for (const { at, count: failures } of hours) {
    const age = Math.max(0, serverNow() - Date.parse(at) - hour);
    const part = parts - 1 - Math.min(parts - 1, Math.floor((age / length) * parts));
    found[part] = (found[part] ?? 0) + failures;
  }
  return found;
}
