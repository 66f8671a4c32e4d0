/**
 * The options of uPlot: axes, grid and lines in the theme’s colours.
 *
 * Note: a colour variable holds light-dark(), which only an element can resolve, so the code reads
 * it from one.
 */
import type uPlot from 'uplot';
import { clockTime, minuteTime, serverNow, shortTime } from '../time.tsx';

/** One line of a chart. */
export interface Line {
  label: string;
  /** A variable of the theme: `--color-ready`. */
  colour: string;
  values: readonly (number | undefined)[];
  /** Drawn dashed: differs from its neighbours without colour. */
  dashed?: boolean;
  /** The area below is tinted. */
  filled?: boolean;
}

/** The props of a chart. */
export interface ChartProps {
  /** The title, for screen readers and the table. */
  label: string;
  /** Milliseconds since 1970, ascending. */
  times: readonly number[];
  lines: readonly Line[];
  /** Formats a value: `12 ms`. */
  format: (value: number) => string;
  height?: number;
  /** The allowed steps of grid lines; by default decimal steps. */
  steps?: readonly number[];
  /** A fixed length of the axis in milliseconds: the axis moves instead of stretching. */
  window?: number;
}

type Props = ChartProps & { height: number; onCursor: (at: number | undefined) => void };

/** The current colour of a theme variable. */
function colourOf(element: HTMLElement, variable: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Steps for an axis of durations in seconds. */
export const durationSteps: readonly number[] = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86_400),
];

/** The same colour, nearly transparent. */
const tinted = (colour: string): string => colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)');

const font = '11px ui-sans-serif, system-ui, sans-serif';
const letter = 6; // px wide at most, on average
const minute = 60_000;
const shortest = 60; // seconds: the axis of a chart with one value or none

/** The precision of time labels: less for a longer axis. */
function wordsFor(times: readonly number[]): (at: number) => string {
  const length = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return length > 12 * 60 * minute ? shortTime : length > 10 * minute ? minuteTime : clockTime;
}

/** Indexes of values without neighbours, which a line would not show. */
export function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const there = (at: number): boolean => (values[at] ?? undefined) !== undefined;
  return Array.from(values, (_, at) => at).filter((at) => there(at) && !there(at - 1) && !there(at + 1));
}

/**
 * The range of the time axis, in seconds since 1970. Without a value it ends now, because an axis
 * from 0 would show 1970.
 */
export function rangeOf(
  min: number | null,
  max: number | null,
  window: number | undefined,
  now: number,
): [from: number, until: number] {
  const until = max ?? now / 1000;
  const length = window === undefined ? until - (min ?? until) : window / 1000;
  return [until - (length || shortest), until];
}

/**
 * The options for uPlot. `now` returns the newest props, because uPlot lives longer than one
 * render.
 */
export function chartOptions(element: HTMLElement, now: () => Props): uPlot.Options {
  const { lines, height, steps } = now();
  const grid = { stroke: colourOf(element, '--color-line'), width: 1 };
  const axis = { stroke: colourOf(element, '--color-faint'), font, ticks: { show: false } };
  const timeWords = (plot: uPlot, splits: number[]) =>
    splits.map((at) => {
      const word = wordsFor(now().times)(at * 1000);
      const end = plot.valToPos(at, 'x') + (word.length * letter) / 2;
      return end < plot.bbox.width / devicePixelRatio + 8 ? word : ''; // no label that would be cut off
    });
  return {
    width: element.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (_plot, min, max) => rangeOf(min, max, now().window, serverNow()) },
      y: { range: (_plot, _min, max) => [0, max ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 100, size: 24, values: timeWords },
      {
        ...axis,
        grid,
        size: 56,
        space: 36,
        ...(steps && { incrs: [...steps] }),
        values: (_plot, splits) => splits.map((value) => now().format(value)),
      },
    ],
    series: [
      {},
      ...lines.map((line) => {
        const stroke = colourOf(element, line.colour);
        return {
          label: line.label,
          stroke,
          width: 1.5,
          points: {
            show: true,
            size: 4,
            fill: stroke,
            filter: (plot: uPlot, index: number) => lonely(plot.data[index] ?? []),
          },
          ...(line.dashed && { dash: [5, 3] }),
          ...(line.filled && { fill: tinted(stroke) }),
        };
      }),
    ],
    hooks: { setCursor: [(plot) => now().onCursor(plot.cursor.idx ?? undefined)] },
  };
}
