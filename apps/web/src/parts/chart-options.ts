/*
 * How uPlot draws: axes, grid and lines in the theme's colours. It must never ask for a legend of uPlot's: ours is above the chart. A
 * stranger would get wrong that a colour variable holds light-dark(), which only an element resolves: so one is asked.
 */
import type uPlot from 'uplot';
import { clockTime, shortTime } from '../time.tsx';

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

/** The same colour, nearly transparent. */
const tinted = (colour: string): string => colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)');

const font = '11px ui-sans-serif, system-ui, sans-serif';
const day = 86_400_000;

/** What uPlot is told. `now` gives the newest props: uPlot lives longer than one drawing. */
export function chartOptions(element: HTMLElement, now: () => Props): uPlot.Options {
  const { lines, height, window } = now();
  const grid = { stroke: colourOf(element, '--color-line'), width: 1 };
  const axis = { stroke: colourOf(element, '--color-faint'), font, ticks: { show: false } };
  const isLong = () => (now().times.at(-1) ?? 0) - (now().times[0] ?? 0) > day / 2;
  const timeWords = (_plot: uPlot, splits: number[]) =>
    splits.map((at) => (isLong() ? shortTime(at * 1000) : clockTime(at * 1000)));
  return {
    width: element.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, ...(window && { range: (_plot, _min, max) => [max - window / 1000, max] }) },
      y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, 1e-3)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 100, size: 24, values: timeWords },
      {
        ...axis,
        grid,
        size: 56,
        space: 36,
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
          points: { show: false },
          ...(line.dashed && { dash: [5, 3] }),
          ...(line.filled && { fill: tinted(stroke) }),
        };
      }),
    ],
    hooks: { setCursor: [(plot) => now().onCursor(plot.cursor.idx ?? undefined)] },
  };
}
