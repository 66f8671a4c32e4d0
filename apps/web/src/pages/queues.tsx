/**
 * All queues: size, rates, workers; pause, resume, clear, remove. The rows come from the live
 * connection.
 *
 * Rows move only by the order that the user chose.
 */
import type { QueueRow } from '@faktory-ts/protocol';
import { Eraser, Pause, Play } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useInAddress } from '../address.ts';
import { queueHref } from '../filter.ts';
import { useLive } from '../live.ts';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/notes.tsx';
import { PageHead } from '../parts/section.tsx';
import { SelectionBar } from '../parts/selection-bar.tsx';
import { Table } from '../parts/table.tsx';
import { ColumnMenu } from '../parts/table-columns.tsx';
import { useCan } from '../session.tsx';
import { usePage } from '../shell/title.ts';
import { useQueueActs } from './queues/acts.ts';
import { useQueueColumns } from './queues/columns.tsx';

const tableName = 'queues';
const keyOf = (queue: QueueRow) => queue.name;

export default function Queues(): ReactNode {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const queues = useLive('queues');
  const columns = useQueueColumns();
  const can = useCan('operate');
  const [text, setText] = useInAddress('text');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  usePage(t('shell.pages.queues'));
  const rows = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return Object.values(queues ?? {}).filter((queue) => queue.name.toLowerCase().includes(wanted));
  }, [queues, text]);
  const nothing =
    text === '' ? (
      <Empty title={t('queues.none')}>{t('queues.noneBody')}</Empty>
    ) : (
      <Empty title={t('queues.noMatch', { text })} />
    );
  return (
    <>
      <PageHead title={t('shell.pages.queues')}>
        <input
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label={t('queues.filter')}
          placeholder={t('queues.filter')}
          className="field w-52"
        />
        <ColumnMenu name={tableName} columns={columns} />
      </PageHead>
      <Table
        name={tableName}
        label={t('queues.table')}
        rows={rows}
        rowKey={keyOf}
        columns={columns}
        loading={queues === undefined}
        empty={nothing}
        sort={{ id: 'name', desc: false }}
        onOpen={(queue) => go(queueHref(queue.name))}
        {...(can && { selected, onSelect: setSelected })}
      />
      {can && (
        <Bar names={[...selected].filter((name) => queues?.[name])} onClear={() => setSelected(new Set())} />
      )}
    </>
  );
}

function Bar({ names, onClear }: { names: readonly string[]; onClear: () => void }): ReactNode {
  const { t } = useTranslation();
  const acts = useQueueActs();
  return (
    <SelectionBar
      label={names.length > 0 ? t('queues.selected', { count: names.length }) : undefined}
      onClear={onClear}
    >
      <Button small icon={Pause} onClick={() => void acts.pause(names)}>
        {t('queues.pause')}
      </Button>
      <Button small icon={Play} onClick={() => void acts.resume(names)}>
        {t('queues.resume')}
      </Button>
      <Button small icon={Eraser} onClick={() => void acts.clear(names)}>
        {t('queues.clear')}
      </Button>
    </SelectionBar>
  );
}
