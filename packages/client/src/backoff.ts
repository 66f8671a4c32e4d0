/**
 * The delay before a client dials again. Delays are random, so that clients of one server do not
 * dial together.
 */

const firstDelay = 50; // ms
const longestDelay = 3000; // ms; below the default call timeout of 5 s, so that each call sees at least one dial

/**
 * Milliseconds until the next dial: 0 without a failure, then about 50, 100, 200 … up to 3000, each
 * reduced at random by up to half.
 *
 * @param failures dials and connections that failed since the server last answered a call
 */
export function backoff(failures: number, random: () => number = Math.random): number {
  if (failures === 0) return 0;
  const ceiling = Math.min(longestDelay, firstDelay * 2 ** (failures - 1));
  return ceiling * (1 - random() / 2);
}
