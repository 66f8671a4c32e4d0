/**
 * The types of a command: its words, its flags, and its function. Each command is one file of this
 * folder, listed in run.ts. A command never ends the process and uses only what its call contains.
 *
 * Note: a command fails by throwing: FaktoryError CONFIG for wrong usage (exit status 2), any other
 * code for status 1.
 */

/** A flag; without `value` it is a switch. */
export interface Flag {
  readonly alias?: string;
  readonly describe: string;
  /** Name of the value in the help; a flag without it is a switch. */
  readonly value?: string;
  /** The default, as text. */
  readonly normal?: string;
}

/** A command as it was typed. */
export interface Call<Names extends string = string> {
  /** The typed words that are no flags. */
  readonly words: readonly string[];
  /** The value of a flag; undefined when it was not typed. */
  value(name: Names): string | undefined;
  /** Whether a switch was typed. */
  on(name: Names): boolean;
  readonly terminal: Terminal;
}

/** The parts of the process that a command may use. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a terminal. */
  readonly tty: boolean;
  /** Columns that fit in a line. */
  readonly width: number;
  /** Prints to standard output, with a line end. */
  print(text: string): void;
  /** Prints many lines, no faster than the reader reads them. */
  printAll(lines: Iterable<string>): Promise<void>;
  /** Standard input. */
  readonly input: NodeJS.ReadableStream;
  /** Prints a message that is no result to standard error. */
  note(text: string): void;
  /** Asks for confirmation; false when the answer is not yes. Throws CONFIG without a terminal. */
  confirm(question: string): Promise<boolean>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /**
   * Runs work that is safe to kill and may block the event loop. Meanwhile INT and TERM end the
   * process at once, because a blocked loop could not react to `signal`.
   */
  endable<T>(work: () => T | Promise<T>): Promise<T>;
  /** The screen; undefined without a terminal. */
  readonly screen?: Screen | undefined;
}

/** A terminal on which text can be replaced. */
export interface Screen {
  readonly height: number;
  /** Shows a line that the next call replaces; an empty text removes it. */
  progress(text: string): void;
  /** Takes the whole screen until `leave`; `heard` is called with each key. */
  take(heard: (key: string) => void): { draw(text: string): void; leave(): void };
}

export interface Command<Names extends string = string> {
  readonly name: string;
  /** The words after its name, as in the help: `[pause|resume NAME…]`. */
  readonly synopsis: string;
  /** What it does, in one line. */
  readonly describe: string;
  readonly flags: Readonly<Record<Names, Flag>>;
  /** Fewest and most words. Default: none. */
  readonly words?: readonly [least: number, most: number];
  /**
   * What its words are, such as `a JID`. Then a long word with one leading dash that is no flag is
   * such a word.
   */
  readonly ids?: string;
  /** More text for its help: the meaning of the words, examples. */
  readonly more?: string;
  run(call: Call<Names>): Promise<void>;
}

/** Types a command by the names of its flags. */
export function command<const Names extends string>(made: Command<Names>): Command<Names> {
  return made;
}
