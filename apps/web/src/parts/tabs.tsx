/**
 * Tabs: shows one of several panels; only the chosen panel is rendered.
 *
 * Arrow keys follow the direction of the language and choose at once.
 */
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

/** One tab. */
export interface Tab {
  id: string;
  label: ReactNode;
  panel: ReactNode;
}

/** Tabs; without `value` the component itself keeps the chosen tab. */
export function Tabs({
  label,
  tabs,
  value,
  onChange,
}: {
  label: string;
  tabs: readonly Tab[];
  value?: string;
  onChange?: (id: string) => void;
}): ReactNode {
  const { i18n } = useTranslation();
  const id = useId();
  const [own, setOwn] = useState(tabs[0]?.id);
  const chosen = tabs.find((tab) => tab.id === (value ?? own)) ?? tabs[0];
  const choose = (tab: Tab | undefined) => {
    if (!tab) return;
    setOwn(tab.id);
    onChange?.(tab.id);
    document.getElementById(`${id}-${tab.id}`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = chosen ? tabs.indexOf(chosen) : 0;
    const forward = i18n.dir() === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const back = i18n.dir() === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    if (event.key === forward) choose(tabs[(at + 1) % tabs.length]);
    else if (event.key === back) choose(tabs.at(at - 1));
    else if (event.key === 'Home') choose(tabs[0]);
    else if (event.key === 'End') choose(tabs.at(-1));
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div
        role="tablist"
        aria-label={label}
        onKeyDown={onKeyDown}
        className="flex flex-wrap gap-x-4 border-b border-line"
      >
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            aria-selected={tab === chosen}
            aria-controls={tab === chosen ? `${id}-panel` : undefined}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => choose(tab)}
            className="-mb-px shrink-0 border-b-2 border-transparent py-2 text-soft hover:text-ink aria-selected:border-accent aria-selected:font-medium aria-selected:text-ink"
          >
            {tab.label}
          </button>
        ))}
      </div>
      {chosen && (
        <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen.id}`} className="pt-3">
          {chosen.panel}
        </div>
      )}
    </>
  );
}
