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

/** What a chart is given. */
export interface ChartProps {
  /** What it shows, for screen readers and the table. */
  label: string;
  /** Milliseconds since 1970, rising. */
  times: readonly number[];
  lines: readonly Line[];
  /** A value in words: `12 ms`. */
  format: (value: number) => string;
  height?: number;
  /** Where lines of the grid may stand; without it by tens. */
  steps?: readonly number[];
  /** The last moment has a place of its own: the axis moves instead of stretching. Milliseconds. */
  window?: number;
}

type Props = ChartProps & { height: number; onCursor: (at: number | undefined) => void };

/** The colour that a variable of the theme stands for right now. */
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
const shortest = 60; // seconds: of a chart with one value or none

/** How exactly times are told: the longer the axis, the less. */
function wordsFor(times: readonly number[]): (at: number) => string {
  const length = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return length > 12 * 60 * minute ? shortTime : length > 10 * minute ? minuteTime : clockTime;
}

/** The places of values with none beside them, which a line does not show. */
export function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const there = (at: number): boolean => (values[at] ?? undefined) !== undefined;
  return Array.from(values, (_, at) => at).filter((at) => there(at) && !there(at - 1) && !there(at + 1));
}

/** What the axis of time shows, in seconds since 1970. Without a value it ends now, because an axis from 0 on shows 1970. */
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

/** What uPlot is told. `now` gives the newest props: uPlot lives longer than one drawing. */
export function chartOptions(element: HTMLElement, now: () => Props): uPlot.Options {
  const { lines, height, steps } = now();
  const grid = { stroke: colourOf(element, '--color-line'), width: 1 };
  const axis = { stroke: colourOf(element, '--color-faint'), font, ticks: { show: false } };
  const timeWords = (plot: uPlot, splits: number[]) =>
    splits.map((at) => {
      const word = wordsFor(now().times)(at * 1000);
      const end = plot.valToPos(at, 'x') + (word.length * letter) / 2;
      return end < plot.bbox.width / devicePixelRatio + 8 ? word : ''; // half of one tells nothing
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
