/** A part of a filter as a button that removes it. */
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** The part `name` with its value; `hideName`: its field has the name. */
export function Chip({
  name,
  value,
  onRemove,
  hideName = false,
}: {
  name: string;
  value: string;
  onRemove: () => void;
  hideName?: boolean;
}): ReactNode {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      aria-label={t('jobs.remove', { name: t('jobs.is', { name, value }) })}
      onClick={onRemove}
      className="flex h-[24px] max-w-72 items-center gap-1.5 rounded-sm bg-chosen px-2 text-sm hover:bg-hover"
    >
      {!hideName && <span className="text-soft">{name}</span>}
      <span dir="auto" className="truncate font-medium whitespace-pre">
        {value}
      </span>
      <X size={13} aria-hidden className="shrink-0" />
    </button>
  );
}
