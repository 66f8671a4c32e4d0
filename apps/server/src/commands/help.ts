/** The help of one command: usage, description, and its flags in columns. */
import type { Command, Flag } from './command.ts';

const GAP = 2;

/** The usage of a command: `jobs [list | search TEXT | show JID…]`. */
export const usageOf = ({ name, synopsis }: Command): string =>
  synopsis === '' ? name : `${name} ${synopsis}`;

/** The whole help, for a screen of this width in columns. */
export function helpOf(command: Command, width: number): string {
  const { describe, more = '', ids } = command;
  const flags: [string, Flag][] = [
    ...Object.entries<Flag>(command.flags),
    ['help', { alias: 'h', describe: 'print this' }],
  ];
  const heads = flags.map(([name, { alias, value }]) => {
    const short = alias === undefined ? '    ' : `-${alias}, `;
    return `  ${short}--${name}${value === undefined ? '' : ` ${value}`}`;
  });
  const column = Math.max(...heads.map(({ length }) => length)) + GAP;
  const lines = flags.map(([, flag], index) => {
    const text = flag.normal === undefined ? flag.describe : `${flag.describe} (default: ${flag.normal})`;
    const wrapped = wrap(text, Math.max(40, Math.min(width, 120) - column));
    return `${heads[index]?.padEnd(column)}${wrapped.join(`\n${' '.repeat(column)}`)}`;
  });
  const dashes =
    ids === undefined
      ? ''
      : `For ${ids} that begins with --, or is short and begins with -, write " -- " before it, after all flags.`;
  const parts = [
    `Usage: faktory ${usageOf(command)}`,
    describe,
    `Options:\n${lines.join('\n')}`,
    more,
    dashes,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
