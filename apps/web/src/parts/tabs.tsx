/*
 * Tabs: one of several panels. It must never load what nobody looks at: only the chosen panel exists. A stranger would get wrong that the
 * arrows follow the direction of the language.
 */
import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** Tabs; without `value` they remember themselves which one is chosen. */
export function Tabs({
  label,
  tabs,
  value,
  onChange,
}: {
  label: string;
  tabs: readonly { id: string; label: ReactNode; panel: ReactNode }[];
  value?: string;
  onChange?: (id: string) => void;
}): ReactNode {
  const { i18n } = useTranslation();
  const chosen = value === undefined ? { defaultValue: tabs[0]?.id ?? '' } : { value };
  return (
    <Radix.Root {...chosen} {...(onChange && { onValueChange: onChange })} dir={i18n.dir()}>
      <Radix.List aria-label={label} className="flex gap-4 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px shrink-0 border-b-2 border-transparent py-2 text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className="pt-3">
          {tab.panel}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
