/**
 * Head and rows of a table: a grid of columns when wide, small blocks when narrow.
 *
 * A click on a link, button or checkbox inside a row does not open the row.
 */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type MouseEvent, memo, type ReactNode, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { Choosing, ChoosingActs } from './table-choosing.ts';
import type { Column } from './table-columns.tsx';

/** The sorted column and its direction. */
export interface Sorting {
  id: string;
  desc: boolean;
}

/** The head; it stays at the top while the page scrolls. */
export function Head<T>(props: {
  columns: readonly Column<T>[];
  template: string;
  sorting: Sorting | undefined;
  onSort: (sorting: Sorting) => void;
  choosing: Choosing;
  rows: number;
}): ReactNode {
  const { t } = useTranslation();
  const { columns, choosing, rows } = props;
  const all = rows > 0 && choosing.chosen.size >= rows;
  return (
    <div role="rowgroup" className="sticky top-(--header) z-10 border-b border-line bg-page narrow:hidden">
      <div
        role="row"
        aria-rowindex={1}
        className="grid h-8 items-center gap-x-3 text-xs text-faint"
        style={{ gridTemplateColumns: props.template }}
      >
        {choosing.can && (
          <div role="columnheader" className="flex justify-center">
            <label className="flex min-h-[24px] min-w-[24px] cursor-pointer items-center justify-center">
              <input
                type="checkbox"
                aria-label={t('parts.chooseAll')}
                checked={all}
                ref={(box) => {
                  if (box) box.indeterminate = !all && choosing.chosen.size > 0;
                }}
                onChange={choosing.acts.toggleAll}
              />
            </label>
          </div>
        )}
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} sorting={props.sorting} onSort={props.onSort} />
        ))}
      </div>
    </div>
  );
}

function HeadCell<T>({
  column,
  sorting,
  onSort,
}: {
  column: Column<T>;
  sorting: Sorting | undefined;
  onSort: (sorting: Sorting) => void;
}): ReactNode {
  const sorted = sorting?.id === column.id ? (sorting.desc ? 'descending' : 'ascending') : undefined;
  const Arrow = sorted === 'descending' ? ArrowDown : ArrowUp;
  const side = column.end ? 'justify-end text-end' : '';
  if (!column.sort)
    return (
      <div role="columnheader" className={`flex min-w-0 ${side}`}>
        <span className={column.bare ? 'sr-only' : 'truncate'}>{column.label}</span>
      </div>
    );
  return (
    <div role="columnheader" aria-sort={sorted ?? 'none'} className={`flex min-w-0 ${side}`}>
      <button
        type="button"
        className="flex min-h-[24px] min-w-[24px] items-center gap-0.5 rounded-sm hover:text-ink"
        onClick={() => onSort({ id: column.id, desc: sorted ? sorted === 'ascending' : column.end === true })}
      >
        <span className="truncate">{column.label}</span>
        <Arrow size={12} aria-hidden className={sorted ? 'shrink-0 text-ink' : 'hidden'} />
      </button>
    </div>
  );
}

const isOwn = (event: MouseEvent) =>
  event.target instanceof HTMLElement &&
  event.target.closest('a,button,input,label,[role=menu],[data-own]') === null;

/** The props of a row. Unchanged props keep their identity between two renders. */
interface RowProps<T> {
  row: T;
  name: string;
  index: number;
  columns: readonly Column<T>[];
  template: string;
  /** Pixels from the top of the body. */
  start: number;
  can: boolean;
  chosen: boolean;
  /** Tab reaches this row. */
  current: boolean;
  acts: ChoosingActs;
  onOpen: ((row: T) => void) | undefined;
  ref: Ref<HTMLDivElement>;
}

function RowOf<T>(props: RowProps<T>): ReactNode {
  const { row, index, can, chosen, acts, onOpen } = props;
  return (
    <div
      role="row"
      ref={props.ref}
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={can ? chosen : undefined}
      tabIndex={props.current ? 0 : -1}
      onFocus={() => acts.focused(index)}
      onKeyDown={(event) => event.key === 'Enter' && event.target === event.currentTarget && onOpen?.(row)}
      onClick={(event) => {
        if (!isOwn(event) || String(getSelection())) return;
        if (can && (event.shiftKey || event.ctrlKey || event.metaKey)) acts.toggle(index, event.shiftKey);
        else onOpen?.(row);
      }}
      className={`absolute inset-x-0 top-0 border-b border-line -outline-offset-2 narrow:flex narrow:flex-wrap narrow:gap-x-4 narrow:gap-y-1 narrow:py-2.5 roomy:grid roomy:min-h-9 roomy:items-center roomy:gap-x-3 ${chosen ? 'bg-chosen' : 'hover:bg-hover'} ${onOpen ? 'cursor-pointer' : ''}`}
      style={{ gridTemplateColumns: props.template, transform: `translateY(${props.start}px)` }}
    >
      {can && <Box name={props.name} chosen={chosen} onToggle={(toHere) => acts.toggle(index, toHere)} />}
      {props.columns.map((column) => (
        <Cell key={column.id} column={column} row={row} />
      ))}
    </div>
  );
}

/** One row; rendered again only when its props change. */
export const Row = memo(RowOf) as typeof RowOf;

function Box(props: { name: string; chosen: boolean; onToggle: (toHere: boolean) => void }): ReactNode {
  const { t } = useTranslation();
  return (
    // The whole cell is the target, because a checkbox is smaller than a finger.
    <div
      role="gridcell"
      data-own
      onClick={(event) => event.target === event.currentTarget && props.onToggle(event.shiftKey)}
      className="flex min-h-[24px] cursor-pointer items-center justify-center self-stretch narrow:order-first narrow:min-w-[24px]"
    >
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={t('parts.chooseRow', { name: props.name })}
        checked={props.chosen}
        onChange={() => undefined}
        onClick={(event) => props.onToggle(event.shiftKey)}
      />
    </div>
  );
}

/** On a phone CSS adds the column's label to a cell, so that the cell's text stays the value. */
const labelled =
  'narrow:flex narrow:items-center narrow:text-sm narrow:before:me-1 narrow:before:shrink-0 narrow:before:text-faint narrow:before:content-[attr(data-label)]';

function Cell<T>({ column, row }: { column: Column<T>; row: T }): ReactNode {
  const shape = column.main
    ? 'narrow:basis-[calc(100%-48px)] narrow:grow'
    : column.bare
      ? 'narrow:ms-auto'
      : labelled;
  const content = column.cell(row);
  const nothing = content === undefined || content === null || content === '' || content === false;
  return (
    <div
      role="gridcell"
      data-label={column.label}
      className={`min-w-0 ${shape} ${column.end ? 'roomy:text-end' : ''} ${column.wide || nothing ? 'narrow:hidden' : ''}`}
    >
      {content}
    </div>
  );
}
