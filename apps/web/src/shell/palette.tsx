/**
 * The command palette: type to go to a page or queue, open a job by its id, search, or switch the
 * theme.
 *
 * No command here needs a confirmation. The list is a listbox that the text field controls.
 */
import { CornerDownLeft } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { jobHref, jobsHref, places, queueHref } from '../filter.ts';
import { useLive } from '../live.ts';
import { Dialog } from '../parts/dialog.tsx';
import { choose } from '../prefs.ts';
import { pages } from '../routes.ts';
import { allLanguages, chooseLanguage, languages } from '../words/index.ts';
import { looksLikeJid } from './jid.ts';

interface Command {
  id: string;
  words: string;
  run: () => void;
}

const most = 12;

export default function Palette({ onClose }: { onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Dialog open onClose={onClose} title={t('shell.palette')}>
      <Picker onClose={onClose} />
    </Dialog>
  );
}

function useCommands(): Command[] {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const queues = useLive('queues');
  return useMemo(
    () => [
      ...pages.map(({ name, href }) => ({ id: name, words: t(`shell.pages.${name}`), run: () => go(href) })),
      ...places.map((place) => ({
        id: `place ${place}`,
        words: t('shell.palettePlace', { place: t(`parts.places.${place}`) }),
        run: () => go(jobsHref({ places: [place] })),
      })),
      ...Object.keys(queues ?? {}).map((name) => ({
        id: `queue ${name}`,
        words: t('shell.paletteQueue', { name }),
        run: () => go(queueHref(name)),
      })),
      ...(['system', 'light', 'dark'] as const).map((theme) => ({
        id: `theme ${theme}`,
        words: `${t('shell.theme')}: ${t(`shell.themes.${theme}`)}`,
        run: () => choose({ theme }),
      })),
      ...languages.map((code) => ({
        id: `language ${code}`,
        words: `${t('shell.language')}: ${allLanguages[code]}`,
        run: () => void chooseLanguage(code),
      })),
    ],
    [t, go, queues],
  );
}

function useFound(text: string): Command[] {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const all = useCommands();
  const wanted = text.trim();
  const words = wanted.toLowerCase().split(/\s+/);
  const found = all.filter((command) => words.every((word) => command.words.toLowerCase().includes(word)));
  const asJob = { id: 'jid', words: t('shell.paletteJob', { jid: wanted }), run: () => go(jobHref(wanted)) };
  const asText = {
    id: 'text',
    words: t('shell.paletteText', { text: wanted }),
    run: () => go(jobsHref({ text: wanted })),
  };
  const extra = wanted === '' ? [] : looksLikeJid(wanted) ? [asJob, asText] : [asText];
  return looksLikeJid(wanted) ? [...extra, ...found].slice(0, most) : [...found.slice(0, most), ...extra];
}

function Picker({ onClose }: { onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const list = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useFound(text);
  const chosen = Math.min(at, found.length - 1);
  const run = (command: Command | undefined) => {
    onClose();
    command?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((chosen + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') setAt((chosen - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found[chosen] ? `${list}-${chosen}` : undefined}
        aria-label={t('shell.paletteHint')}
        placeholder={t('shell.paletteHint')}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className="field w-full"
      />
      <div role="listbox" id={list} aria-label={t('shell.palette')} className="mt-2 h-80 overflow-y-auto">
        {found.map((command, i) => (
          <Option
            key={command.id}
            id={`${list}-${i}`}
            words={command.words}
            chosen={i === chosen}
            onRun={() => run(command)}
            onPoint={() => setAt(i)}
          />
        ))}
      </div>
    </>
  );
}

function Option(props: {
  id: string;
  words: string;
  chosen: boolean;
  onRun: () => void;
  onPoint: () => void;
}): ReactNode {
  return (
    <div
      role="option"
      id={props.id}
      tabIndex={-1}
      aria-selected={props.chosen}
      onClick={props.onRun}
      onPointerMove={props.onPoint}
      className={`flex h-8 cursor-pointer items-center gap-2 rounded-sm px-2 ${props.chosen ? 'bg-hover' : ''}`}
    >
      <span className="grow truncate">{props.words}</span>
      {props.chosen && <CornerDownLeft size={14} aria-hidden className="text-faint" />}
    </div>
  );
}
