/**
 * Arithmetic and formats of figures. Ratios are computed within a run, because the load of these
 * machines varies.
 */

/** The median; of an even number of values the upper one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A rounded number with separators for thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1.23 ms` or `45 µs` from seconds. */
export function time(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return seconds >= 0.001 ? `${(seconds * 1e3).toFixed(2)} ms` : `${Math.round(seconds * 1e6)} µs`;
}

/** Seconds that the work takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

export function title(text: string): void {
  console.log(`\n${text}`);
}

export function line(text: string): void {
  console.log(`  ${text}`);
}
