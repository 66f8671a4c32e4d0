/**
 * Converts the times that a user types, in the chosen time zone, to instants and back. Pure.
 *
 * Note: an hour that a clock change skips or repeats is read as one of its neighbours.
 */

/** Milliseconds that a zone is ahead of UTC at an instant. */
function aheadOf(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return wall - Math.floor(at / 1000) * 1000;
}

/**
 * Converts the value of a datetime-local field in a zone (`local`: the browser's) to RFC 3339;
 * `undefined`: not a time.
 */
export function fromField(text: string, zone: string): string | undefined {
  const wall = Date.parse(zone === 'local' ? text : `${text}Z`);
  if (Number.isNaN(wall)) return undefined;
  if (zone === 'local') return new Date(wall).toISOString();
  const near = wall - aheadOf(wall, zone);
  return new Date(wall - aheadOf(near, zone)).toISOString();
}

/** The value of a datetime-local field for an instant in a zone, to the second. */
export function toField(at: number, zone: string): string {
  const ahead = zone === 'local' ? -new Date(at).getTimezoneOffset() * 60_000 : aheadOf(at, zone);
  return new Date(at + ahead).toISOString().slice(0, 19);
}
