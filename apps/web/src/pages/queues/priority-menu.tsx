/** A menu to choose a priority from 9 to 1. Jobs with priority 9 run first. */
import { ArrowUpNarrowWide, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Menu, MenuChoices, MenuLabel } from '../../parts/menu.tsx';

/** The menu, which a small button opens. */
export function PriorityMenu(props: {
  /** The accessible name of the button. */
  label: string;
  /** Content of the button. */
  words: ReactNode;
  icon?: LucideIcon;
  /** The current priority. */
  value?: number;
  onChoose: (priority: number) => void;
}): ReactNode {
  const { t } = useTranslation();
  const Icon = props.icon ?? ArrowUpNarrowWide;
  const trigger = (
    <button
      type="button"
      aria-label={props.label}
      className="-ms-1 flex h-[24px] items-center gap-1 rounded-md px-1 hover:bg-hover"
    >
      {props.words}
      <Icon size={13} aria-hidden className="text-faint" />
    </button>
  );
  return (
    <Menu trigger={trigger} align="start">
      <MenuLabel>{t('actions.priorityHint')}</MenuLabel>
      <MenuChoices
        value={String(props.value ?? '')}
        onChange={(value) => props.onChoose(Number(value))}
        choices={[9, 8, 7, 6, 5, 4, 3, 2, 1].map((priority) => ({
          value: String(priority),
          label: String(priority),
        }))}
      />
    </Menu>
  );
}
