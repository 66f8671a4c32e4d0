/** Reports whether a media query matches, for what CSS alone cannot do. */
import { useCallback, useSyncExternalStore } from 'react';

/** Hook: whether a media query matches; renders again after a change. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
