/*
 * How long to wait before dialling again.
 * It must never give two clients that lost the same server the same times. A stranger would get wrong that the first dial is not
 * a retry: without a failure before it there is no wait.
 */

const firstDelay = 50; // ms
const longestDelay = 3000; // ms; below the 5 s that a call waits by default, so that each call sees at least one dial

/**
 * Milliseconds until the next dial: none at first, then about 50, 100, 200 … up to 3000, each cut by up to half at random.
 *
 * @param failures dials and connections that failed since the server last answered a call
 */
export function backoff(failures: number, random: () => number = Math.random): number {
  if (failures === 0) return 0;
  const ceiling = Math.min(longestDelay, firstDelay * 2 ** (failures - 1));
  return ceiling * (1 - random() / 2);
}
