/**
 * The table of every list: sticky head, sorting, column choice, row selection. Only rows on the
 * screen are rendered.
 *
 * The whole page scrolls, not the table; on a narrow screen a row is a small block. The table
 * reports when its end comes near; the page loads the rows.
 */
import { defaultRangeExtractor, useWindowVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import {
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { Skeleton } from './notes.tsx';
import { useChoosing } from './table-choosing.ts';
import { type Column, useShownColumns } from './table-columns.tsx';
import { Head, Row, type Sorting } from './table-row.tsx';

const rowHeight = 36;
const soon = 20; // rows before the end at which more rows are loaded

/** The props of a table. */
export interface TableProps<T> {
  /** The name under which the column choice is stored. */
  name: string;
  /** For screen readers. */
  label: string;
  rows: readonly T[];
  /** The key of a row: unique and stable. */
  rowKey: (row: T) => string;
  columns: readonly Column<T>[];
  /** Keys of the selected rows; without `onSelect` rows cannot be selected. */
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  /** Enter, or a click on a row. */
  onOpen?: (row: T) => void;
  /** Called near the end of the list, to load more rows. */
  onEnd?: (() => void) | undefined;
  loading?: boolean;
  /** Shown when there are no rows. */
  empty?: ReactNode;
  /** The initial order; by default the order of `rows`. */
  sort?: Sorting;
}

/** A table of any length. */
export function Table<T>(props: TableProps<T>): ReactNode {
  const { rows, rowKey, onSelect, loading = false } = props;
  const body = useRef<HTMLDivElement>(null);
  const columns = useShownColumns(props.name, props.columns);
  const [sorting, setSorting] = useState(props.sort);
  const sorted = useMemo(() => sortedRows(rows, columns, sorting), [rows, columns, sorting]);
  const keys = useMemo(() => sorted.map(rowKey), [sorted, rowKey]);
  const virtual = useVirtualRows(body, keys.length);
  const choosing = useChoosing(keys, props.selected, onSelect, (at) => {
    virtual.scrollToIndex(at);
    // The row is in the page only after the next render.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-index="${at}"]`)?.focus()),
    );
  });
  virtual.setOptions({
    ...virtual.options,
    rangeExtractor: (range) =>
      [...new Set([choosing.at, ...defaultRangeExtractor(range)])].filter((i) => i < keys.length),
  });
  useEnd(virtual, keys.length, props.onEnd);
  const [grid, narrow] = useNarrow(columns, onSelect !== undefined);
  // Heights are stored by index: a row that moves is measured again at its new index.
  useLayoutEffect(() => {
    if (keys.length === 0) return;
    for (const row of body.current?.querySelectorAll<HTMLElement>(':scope > [data-index]') ?? [])
      virtual.resizeItem(Number(row.dataset.index), row.offsetHeight);
  }, [keys, virtual]);
  const onOpen = useSteady(props.onOpen);
  const template = `${onSelect ? '28px ' : ''}${columns.map((column) => column.width).join(' ')}`;
  return (
    <div
      ref={grid}
      data-narrow={narrow || undefined}
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.onEnd ? -1 : rows.length + 1}
      aria-multiselectable={onSelect ? true : undefined}
      aria-busy={loading}
      onKeyDown={choosing.acts.onKeyDown}
    >
      <Head {...{ columns, template, sorting, choosing, rows: keys.length }} onSort={setSorting} />
      <div role="rowgroup" ref={body} className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = sorted[index];
          const name = keys[index];
          if (row === undefined || name === undefined) return null;
          return (
            <Row
              key={name}
              ref={virtual.measureElement}
              start={start - virtual.options.scrollMargin}
              can={choosing.can}
              chosen={choosing.chosen.has(name)}
              current={index === choosing.at}
              acts={choosing.acts}
              {...{ row, name, index, columns, template, onOpen }}
            />
          );
        })}
      </div>
      {loading && <Skeleton lines={rows.length === 0 ? 8 : 2} height={rowHeight} />}
      {!loading && rows.length === 0 && props.empty}
    </div>
  );
}

const gap = 12; // px between columns
const box = 28; // px of the column of check boxes

/** Whether the columns need more room than the table has. */
function useNarrow<T>(
  columns: readonly Column<T>[],
  choosing: boolean,
): [RefObject<HTMLDivElement | null>, boolean] {
  const grid = useRef<HTMLDivElement>(null);
  const [narrow, setNarrow] = useState(false);
  const needed = columns.reduce(
    (sum, { width }) => sum + gap + Number(/\d+/.exec(width)?.[0] ?? 0),
    choosing ? box : -gap,
  );
  useLayoutEffect(() => {
    const element = grid.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setNarrow(element.clientWidth < needed));
    setNarrow(element.clientWidth < needed);
    watch.observe(element);
    return () => watch.disconnect();
  }, [needed]);
  return [grid, narrow];
}

/** A function with a stable identity that calls the newest version. */
function useSteady<A>(act: ((of: A) => void) | undefined): ((of: A) => void) | undefined {
  const latest = useRef(act);
  latest.current = act;
  const steady = useCallback((of: A) => latest.current?.(of), []);
  return act && steady;
}

type Rows = Virtualizer<Window, Element>;

/**
 * The rows on the screen, from the scroll position of the window: the table may start anywhere in
 * the page, and move.
 */
function useVirtualRows(body: RefObject<HTMLDivElement | null>, count: number): Rows {
  const [scrollMargin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      const top = body.current?.getBoundingClientRect().top;
      if (top !== undefined) setMargin(Math.round(top + window.scrollY));
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(document.body);
    return () => watch.disconnect();
  }, [body]);
  return useWindowVirtualizer({ count, estimateSize: () => rowHeight, overscan: 8, scrollMargin });
}

function useEnd(virtual: Rows, count: number, onEnd: (() => void) | undefined): void {
  const last = virtual.getVirtualItems().at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= count - soon) onEnd?.();
  }, [last, count, onEnd]);
}

function sortedRows<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  sorting: Sorting | undefined,
): readonly T[] {
  const by = columns.find((column) => column.id === sorting?.id)?.sort;
  if (!by || !sorting) return rows;
  const sign = sorting.desc ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(by(a), by(b)));
}

let names: Intl.Collator | undefined;
const compare = (a: number | string, b: number | string): number =>
  typeof a === 'string' && typeof b === 'string' ? compareNames(a, b) : Number(a) - Number(b);

function compareNames(a: string, b: string): number {
  names ??= new Intl.Collator(undefined, { numeric: true });
  return names.compare(a, b);
}

export type { Column };
