/**
 * Which columns a table shows, and the menu to choose them.
 *
 * Nothing is stored until the user changes a column, so new defaults reach all other users. A
 * stored choice survives when a page adds columns.
 */
import { Columns3 } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { choose, currentPrefs, usePrefs } from '../prefs.ts';
import { IconButton } from './button.tsx';
import { Menu, MenuCheck, MenuLabel } from './menu.tsx';

/** A column of rows of `T`. */
export interface Column<T> {
  id: string;
  label: string;
  /** A track of a CSS grid: `96px`, `minmax(120px, 2fr)`. */
  width: string;
  cell: (row: T) => ReactNode;
  /** What to sort by; without it the column cannot be sorted. */
  sort?: (row: T) => number | string;
  /** Aligned at the end of the column, for numbers. */
  end?: boolean;
  /** Shown only when the user asks for it. */
  optional?: boolean;
  /** The column that identifies a row: always shown; on a phone the first line of a row. */
  main?: boolean;
  /** Not on phones. */
  wide?: boolean;
  /** The label is for screen readers only, for columns of buttons. */
  bare?: boolean;
}

/** The visible columns, in the page's order. */
export function useShownColumns<T>(name: string, columns: readonly Column<T>[]): readonly Column<T>[] {
  const chosen = usePrefs().columns[name];
  return useMemo(
    () => columns.filter((column) => column.main || column.bare || isShown(column, chosen)),
    [columns, chosen],
  );
}

const isShown = <T,>(column: Column<T>, chosen: readonly string[] | undefined) =>
  chosen ? chosen.includes(column.id) : !column.optional;

/** The menu that chooses the columns of the table `name`. */
export function ColumnMenu<T>({ name, columns }: { name: string; columns: readonly Column<T>[] }): ReactNode {
  const { t } = useTranslation();
  const chosen = usePrefs().columns[name];
  const free = columns.filter((column) => !column.main && !column.bare);
  const set = (id: string, on: boolean) => {
    const now = free.filter((column) => (column.id === id ? on : isShown(column, chosen)));
    choose({ columns: { ...currentPrefs().columns, [name]: now.map((column) => column.id) } });
  };
  return (
    <Menu trigger={<IconButton icon={Columns3} label={t('parts.columns')} />}>
      <MenuLabel>{t('parts.columns')}</MenuLabel>
      {free.map((column) => (
        <MenuCheck key={column.id} checked={isShown(column, chosen)} onChange={(on) => set(column.id, on)}>
          {column.label}
        </MenuCheck>
      ))}
    </Menu>
  );
}
