/*
 * What a command of the program is: its words, its flags, what it does. One file of this folder each, listed in run.ts.
 * A command must never end the process or reach for process.stdout: it is called with all that it may touch. A stranger would get
 * wrong that it tells a failure by throwing: FaktoryError CONFIG for wrong usage (exit status 2), any other code for status 1.
 */

/** A flag: without `normal` or `value` it is a switch. */
export interface Flag {
  readonly alias?: string;
  readonly describe: string;
  /** What its value is called in the help; a flag without is on or off. */
  readonly value?: string;
  /** The default, in words. */
  readonly normal?: string;
}

/** A command as it was typed. */
export interface Call<Names extends string = string> {
  /** What was typed beside flags. */
  readonly words: readonly string[];
  /** The value of a flag; undefined when it was not typed. */
  value(name: Names): string | undefined;
  /** Whether a switch was typed. */
  on(name: Names): boolean;
  readonly terminal: Terminal;
}

/** What a command may touch of the process. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person reads what is printed. */
  readonly tty: boolean;
  /** Columns that fit in a line. */
  readonly width: number;
  /** Prints to standard output, with a line end. */
  print(text: string): void;
  /** Prints many lines, no faster than they are read. */
  printAll(lines: Iterable<string>): Promise<void>;
  /** Standard input. */
  readonly input: NodeJS.ReadableStream;
  /** Tells the person something that is no result, on standard error. */
  note(text: string): void;
  /** Asks the person; false when the answer is not yes. Throws CONFIG where nobody can be asked. */
  confirm(question: string): Promise<boolean>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /**
   * Runs work that is safe to kill and that may block the event loop: meanwhile INT and TERM end the process at once, because
   * nothing could react to `signal`.
   */
  endable<T>(work: () => T | Promise<T>): Promise<T>;
  /** The screen of the person; undefined: nobody looks. */
  readonly screen?: Screen | undefined;
}

/** What can be drawn over, for those who look on. */
export interface Screen {
  readonly height: number;
  /** A line that the next one replaces; empty takes it away. */
  progress(text: string): void;
  /** The whole screen, until `leave`; `heard` is told of each key. */
  take(heard: (key: string) => void): { draw(text: string): void; leave(): void };
}

export interface Command<Names extends string = string> {
  readonly name: string;
  /** Its words behind the name, as the help writes them: `[pause|resume NAME…]`. */
  readonly synopsis: string;
  /** What it does, in a line. */
  readonly describe: string;
  readonly flags: Readonly<Record<Names, Flag>>;
  /** How many words it takes: at least, at most. Default none. */
  readonly words?: readonly [least: number, most: number];
  /** What its words name, such as `a JID`: a long word with one dash in front that is no flag is then such a word. */
  readonly ids?: string;
  /** More for its own help: what the words mean, examples. */
  readonly more?: string;
  run(call: Call<Names>): Promise<void>;
}

/** For the type of its flags' names. */
export function command<const Names extends string>(made: Command<Names>): Command<Names> {
  return made;
}
