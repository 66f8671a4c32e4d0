/** The dialog that lists all keyboard shortcuts. Names of keys are the same in every language. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../parts/dialog.tsx';
import { pages } from '../routes.ts';

type What =
  | 'help'
  | 'search'
  | 'palette'
  | 'move'
  | 'edge'
  | 'choose'
  | 'chooseMore'
  | 'chooseAll'
  | 'open'
  | 'clear';

const everywhere: readonly [string, What][] = [
  ['?', 'help'],
  ['/', 'search'],
  ['Ctrl K', 'palette'],
];
const inLists: readonly [string, What][] = [
  ['↓ ↑ j k', 'move'],
  ['Home End', 'edge'],
  ['Space', 'choose'],
  ['Shift ↓ ↑', 'chooseMore'],
  ['Ctrl A', 'chooseAll'],
  ['Enter', 'open'],
  ['Esc', 'clear'],
];

export default function KeysDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Dialog open onClose={onClose} title={t('shell.keysTitle')} wide>
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        <section>
          <h3 className="mb-1 text-sm text-faint">{t('shell.keysOfPage')}</h3>
          <dl>
            {everywhere.map(([keys, what]) => (
              <Line key={what} keys={keys} words={t(`shell.keys.${what}`)} />
            ))}
            {pages.map(({ key, name }) => (
              <Line key={name} keys={`g ${key}`} words={t(`shell.keys.${name}`)} />
            ))}
          </dl>
        </section>
        <section>
          <h3 className="mb-1 text-sm text-faint">{t('shell.keysOfList')}</h3>
          <dl>
            {inLists.map(([keys, what]) => (
              <Line key={what} keys={keys} words={t(`shell.keys.${what}`)} />
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}

const Line = ({ keys, words }: { keys: string; words: string }) => (
  <div className="flex items-center gap-3 border-b border-line py-1 last:border-0">
    <dt className="grow">{words}</dt>
    <dd>
      <kbd className="rounded-sm border border-line bg-sunken px-1.5 py-0.5 text-sm whitespace-nowrap">
        {keys}
      </kbd>
    </dd>
  </div>
);
