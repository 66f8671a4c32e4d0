/**
 * Lines over time, drawn by uPlot on a canvas, with the same data as a table for screen readers.
 * The height is fixed.
 *
 * Colours are names of the theme’s CSS variables. uPlot loads when the first chart is shown.
 */
import { Table2 } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type uPlot from 'uplot';
import { usePrefs } from '../prefs.ts';
import { useMedia } from '../screen.ts';
import { exactTime, shortTime } from '../time.tsx';
import { IconButton } from './button.tsx';
import { type ChartProps, chartOptions, type Line } from './chart-options.ts';

export type { Line };

/** A chart of fixed height. */
export function Chart(props: ChartProps): ReactNode {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  const [at, setAt] = useState<number>();
  const height = props.height ?? 160;
  const last = at !== undefined && at < props.times.length ? at : props.times.length - 1;
  return (
    <figure aria-label={props.label} className="min-w-0">
      <figcaption className="flex h-[24px] items-center gap-x-3 overflow-hidden text-sm max-sm:h-12 max-sm:flex-wrap max-sm:content-center">
        {props.lines.map((line) => (
          <Legend key={line.label} line={line} value={line.values[last]} format={props.format} />
        ))}
        <span className="ms-auto truncate text-xs text-faint tabular max-sm:hidden">
          {at === undefined || props.times[last] === undefined ? '' : shortTime(props.times[last])}
        </span>
        <IconButton
          small
          icon={Table2}
          label={t('parts.asTable')}
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
        />
      </figcaption>
      {asTable ? (
        <div tabIndex={0} role="region" aria-label={props.label} className="overflow-auto" style={{ height }}>
          <Figures {...props} />
        </div>
      ) : (
        <>
          <Canvas {...props} height={height} onCursor={setAt} />
          <div className="sr-only">
            <Figures {...props} />
          </div>
        </>
      )}
    </figure>
  );
}

function Legend({
  line,
  value,
  format,
}: {
  line: Line;
  value: number | undefined;
  format: (value: number) => string;
}): ReactNode {
  return (
    <span className="flex min-w-0 items-center gap-1.5 whitespace-nowrap">
      <svg width="14" height="8" aria-hidden className="shrink-0">
        <line
          x1="0"
          x2="14"
          y1="4"
          y2="4"
          strokeWidth="2"
          strokeDasharray={line.dashed ? '4 2' : undefined}
          style={{ stroke: `var(${line.colour})` }}
        />
      </svg>
      <span className="truncate text-soft">{line.label}</span>
      <span className="min-w-10 tabular">{value === undefined ? '–' : format(value)}</span>
    </span>
  );
}

/** The largest number of table rows, because a thousand rows do not help in a screen reader. */
const mostRows = 60;

function Figures({ label, times, lines, format }: ChartProps): ReactNode {
  const { t } = useTranslation();
  const step = Math.max(1, Math.ceil(times.length / mostRows));
  const shown = times.map((at, i) => ({ at, i })).filter(({ i }) => (times.length - 1 - i) % step === 0);
  return (
    <table className="w-full text-sm tabular">
      <caption className="sr-only">{label}</caption>
      <thead>
        <tr>
          <th scope="col" className="text-start font-normal text-faint">
            {t('parts.time')}
          </th>
          {lines.map((line) => (
            <th key={line.label} scope="col" className="text-end font-normal text-faint">
              {line.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.reverse().map(({ at, i }) => (
          <tr key={at} className="border-t border-line">
            <th scope="row" className="text-start font-normal">
              {exactTime(at)}
            </th>
            {lines.map((line) => {
              const value = line.values[i];
              return (
                <td key={line.label} className="text-end">
                  {value === undefined ? '–' : format(value)}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CanvasProps extends ChartProps {
  height: number;
  onCursor: (at: number | undefined) => void;
}

/** The uPlot canvas: created again when theme, zone, language or the set of lines changes. */
function Canvas(props: CanvasProps): ReactNode {
  const { theme, zone } = usePrefs();
  const { i18n } = useTranslation();
  const dark = useMedia('(prefers-color-scheme: dark)');
  const shape = props.lines.map((line) => `${line.label} ${line.colour}`).join();
  return <Plot key={`${shape} ${theme} ${dark} ${zone} ${i18n.language}`} {...props} />;
}

function Plot(props: CanvasProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    void import('uplot').then(({ default: Uplot }) => {
      if (gone) return;
      const options = chartOptions(element, () => latest.current);
      plot.current = new Uplot(options, dataOf(latest.current), element);
    });
    const watch = new ResizeObserver(([entry]) => {
      if (entry) plot.current?.setSize({ width: entry.contentRect.width, height: latest.current.height });
    });
    watch.observe(element);
    return () => {
      gone = true;
      watch.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => {
    plot.current?.setData(dataOf({ times: props.times, lines: props.lines }));
  }, [props.times, props.lines]);
  return <div ref={box} aria-hidden className="w-full overflow-hidden" style={{ height: props.height }} />;
}

const dataOf = ({ times, lines }: Pick<ChartProps, 'times' | 'lines'>): uPlot.AlignedData => [
  times.map((at) => at / 1000),
  ...lines.map((line) => line.values.map((value) => value ?? null)),
];
