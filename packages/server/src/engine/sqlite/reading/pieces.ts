/**
 * Work that is done in pieces of some milliseconds: it yields after each, so that others get their turn.
 *
 * Note: it must hold no statement open when it yields, because a log with a reader cannot be emptied.
 */
export type Pieces<Result> = Generator<void, Result, void>;
