/**
 * Times that are computed, as the store keeps them: whole microseconds that fit in 53 bits.
 */
import type { Micros } from '@faktory-ts/protocol';

/**
 * The latest time that is stored, in July 2223. SQLite could hold later ones, but JavaScript could
 * not read them; the rest of the 53 bits is room for a clock that is set forward.
 */
const LATEST: Micros = 8_000_000_000_000_000;

/** The time as it is stored: a later one than {@link LATEST} counts as that. */
export const storable = (at: Micros): Micros => Math.min(Math.round(at), LATEST);

/** The time so long after `now`, as it is stored. */
export const endAfter = (now: Micros, span: Micros): Micros => storable(now + span);
