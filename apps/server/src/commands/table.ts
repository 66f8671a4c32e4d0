/**
 * Prints tables: on a terminal the widest columns are cut to fit the line, in a pipe nothing is
 * cut. Colours only on a terminal, and not when NO_COLOR is set.
 */
import type { Terminal } from './command.ts';
import { plain } from './words.ts';

const GAP = '  ';
const LEAST = 8; // smallest width of a cut column

/** Rows below their heads. Columns of numbers are aligned to the right. */
export function table(
  terminal: Terminal,
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) => row.map((cell) => plain(String(cell))));
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  if (terminal.tty) fit(widths, terminal.width);
  const right = heads.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const shown = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
        return right[column] ? shown.padStart(width) : shown.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  return [paint(terminal, 'bold', line(heads)), ...cells.map(line)].join('\n');
}

/** Narrows the widest columns until all fit. */
function fit(widths: number[], width: number): void {
  const room = width - GAP.length * (widths.length - 1);
  for (let sum = total(widths); sum > room; sum = total(widths)) {
    const widest = widths.indexOf(Math.max(...widths));
    const cut = Math.max(LEAST, (widths[widest] ?? 0) - (sum - room));
    if (cut >= (widths[widest] ?? 0)) return;
    // Only to the width of the second-widest, so that several wide columns share the loss.
    const second = Math.max(...widths.filter((_, index) => index !== widest), LEAST);
    widths[widest] = Math.max(cut, Math.min(second, (widths[widest] ?? 0) - 1));
  }
}

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0);

const codes = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

/** The text in a colour, when colours are wanted. */
export function paint({ tty, env }: Terminal, colour: keyof typeof codes, text: string): string {
  return tty && !env.NO_COLOR ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
}
