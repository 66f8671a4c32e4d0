/**
 * The header: page title, connection state, search, commands, preferences, user.
 *
 * The search box leads to the explorer, or to a job when the text is a whole job id.
 */
import { Command, Languages, Search, SlidersHorizontal } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { jobHref, jobsHref } from '../filter.ts';
import { useConnection } from '../live.ts';
import { IconButton } from '../parts/button.tsx';
import { Menu, MenuChoices } from '../parts/menu.tsx';
import { Tooltip } from '../parts/tooltip.tsx';
import { usePrefs } from '../prefs.ts';
import { allLanguages, chooseLanguage, languages } from '../words/index.ts';
import { looksLikeJid } from './jid.ts';
import type { Overlay } from './overlay.ts';
import { Preferences } from './preferences.tsx';

export function Header({ onOverlay }: { onOverlay: (overlay: Overlay) => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <header className="sticky top-0 z-20 flex h-(--header) items-center gap-1 border-b border-line bg-page px-4 lg:px-6">
      <SearchBox />
      <div className="ms-auto flex items-center gap-1">
        <ConnectionSign />
        <IconButton
          icon={Command}
          label={t('shell.palette')}
          keys="Ctrl K"
          onClick={() => onOverlay('palette')}
        />
        <LanguageMenu />
        <Preferences
          trigger={<IconButton icon={SlidersHorizontal} label={t('shell.menu')} />}
          onOverlay={onOverlay}
        />
      </div>
    </header>
  );
}

function SearchBox(): ReactNode {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const [text, setText] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === '') return;
    go(looksLikeJid(wanted) ? jobHref(wanted) : jobsHref({ text: wanted }));
    setText('');
  };
  return (
    <search className="w-full max-w-96 min-w-0">
      <form onSubmit={submit} className="relative">
        <Search size={15} aria-hidden className="absolute start-2.5 top-2 text-faint" />
        <input
          id="search"
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label={t('shell.search')}
          placeholder={t('shell.searchHint')}
          autoComplete="off"
          spellCheck={false}
          className="field h-8 w-full border-line ps-8 pe-8 max-sm:pe-2"
        />
        {/* The key is left-to-right text; the span places it in the direction of the page. */}
        <span aria-hidden className="absolute end-2 top-1.5 max-sm:hidden">
          <kbd className="rounded-sm border border-line px-1 text-xs text-faint">/</kbd>
        </span>
      </form>
    </search>
  );
}

function LanguageMenu(): ReactNode {
  const { t } = useTranslation();
  const { language } = usePrefs();
  const choices = [
    { value: 'auto', label: t('shell.languageAuto') },
    ...languages.map((code) => ({ value: code, label: allLanguages[code] ?? code, lang: code })),
  ];
  return (
    <Menu trigger={<IconButton icon={Languages} label={t('shell.language')} />}>
      <MenuChoices value={language} onChange={(code) => void chooseLanguage(code)} choices={choices} />
    </Menu>
  );
}

const signs = {
  waiting: 'border-edge',
  connected: 'border-working bg-working',
  polling: 'border-ready bg-ready',
  lost: 'border-dead',
};

function ConnectionSign(): ReactNode {
  const { t } = useTranslation();
  const connection = useConnection();
  const paused = usePrefs().rate === 0;
  return (
    <Tooltip text={t(`shell.connectionTips.${connection}`)}>
      <span
        role="status"
        tabIndex={0}
        className="flex items-center gap-1.5 rounded-sm px-1.5 text-sm whitespace-nowrap text-soft"
      >
        <span className={`size-2 rounded-full border-2 ${signs[connection]}`} aria-hidden />
        <span className="max-sm:sr-only">
          {paused ? t('shell.paused') : t(`shell.connection.${connection}`)}
        </span>
      </span>
    </Tooltip>
  );
}
