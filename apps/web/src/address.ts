/**
 * Keeps what a page shows in the query of its address, so that a reload, a link and the back
 * button keep it.
 *
 * A change replaces the history entry. A default value is not written.
 */
import { useLocation } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';

/** The value of a parameter in the address, and a function that changes it. */
export function useInAddress(name: string, usual = ''): [value: string, change: (value: string) => void] {
  const search = useSearch();
  const [path, go] = useLocation();
  const change = (value: string): void => {
    const params = new URLSearchParams(search);
    if (value === usual) params.delete(name);
    else params.set(name, value);
    go(params.size > 0 ? `${path}?${params}` : path, { replace: true });
  };
  return [new URLSearchParams(search).get(name) ?? usual, change];
}

/** The same for one of a list of values; any other value in the address counts as the default. */
export function useOneInAddress<T extends string>(
  name: string,
  usual: T,
  all: readonly T[],
): [value: T, change: (value: T) => void] {
  const [value, change] = useInAddress(name, usual);
  return [all.find((one) => one === value) ?? usual, change];
}
