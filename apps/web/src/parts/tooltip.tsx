/*
 * A word about what the pointer or the focus is on. It must never hold what is nowhere else: touch has no tooltips. A stranger would
 * get wrong that the shell holds the one provider.
 */
import { Tooltip as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';

/** Around everything that has tooltips. */
export const TooltipProvider = ({ children }: { children: ReactNode }): ReactNode => (
  <Radix.Provider delayDuration={400} disableHoverableContent>
    {children}
  </Radix.Provider>
);

/** Explains its one child, which must be an element that can have the focus. */
export function Tooltip({
  text,
  keys,
  children,
}: {
  text: string;
  keys?: string | undefined;
  children: ReactElement;
}): ReactNode {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-72 rounded-md bg-ink px-2 py-1 text-sm text-page"
        >
          {text}
          {keys && <kbd className="ms-2 opacity-75">{keys}</kbd>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
