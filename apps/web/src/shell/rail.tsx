/**
 * Navigation with live counts: a rail in a wide window, a bar at the bottom of a phone.
 *
 * The states below Jobs are filters of the Jobs page.
 */
import { MoreHorizontal, PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import { jobsHref, places, readFilter } from '../filter.ts';
import { useLive } from '../live.ts';
import { count } from '../numbers.ts';
import { IconButton } from '../parts/button.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { placeLooks } from '../parts/state.tsx';
import { choose, usePrefs } from '../prefs.ts';
import { type PageRoute, pages } from '../routes.ts';
import { Logo } from './logo.tsx';

const isAt = (path: string, href: string) =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);

/** The rail of a wide window; phones have a bar. */
export function Rail(): ReactNode {
  const { t } = useTranslation();
  const { narrowRail } = usePrefs();
  return (
    <div className="sticky top-0 hidden h-dvh flex-col border-e border-line bg-rail md:flex">
      <nav aria-label={t('shell.navigation')} className="min-h-0 grow overflow-y-auto px-2 pb-1">
        <Link
          href="/"
          aria-label={t('shell.home')}
          className={`flex h-(--header) items-center gap-2 ${narrowRail ? 'justify-center' : 'ps-2'}`}
        >
          <Logo />
          {!narrowRail && <span className="font-semibold tracking-tight">{t('shell.name')}</span>}
        </Link>
        <ul className="flex flex-col gap-px">
          {pages.map((page) => (
            <li key={page.name}>
              <PageLink page={page} narrow={narrowRail} />
              {page.name === 'jobs' && !narrowRail && <States />}
            </li>
          ))}
        </ul>
      </nav>
      <div className={`flex p-2 ${narrowRail ? 'justify-center' : 'justify-end'}`}>
        <IconButton
          small
          icon={narrowRail ? PanelLeftOpen : PanelLeftClose}
          label={t(narrowRail ? 'shell.wideRail' : 'shell.narrowRail')}
          onClick={() => choose({ narrowRail: !narrowRail })}
        />
      </div>
    </div>
  );
}

/** The live count beside a page's name. */
function usePageCount(): (page: PageRoute) => number | undefined {
  const stats = useLive('stats');
  return ({ name }) => (name === 'queues' ? stats?.queues : name === 'workers' ? stats?.workers : undefined);
}

function PageLink({ page, narrow }: { page: PageRoute; narrow: boolean }): ReactNode {
  const { t } = useTranslation();
  const [path] = useLocation();
  const jobs = usePageCount()(page);
  const here = isAt(path, page.href);
  const { icon: Icon } = page;
  return (
    <Link
      href={page.href}
      aria-current={here ? 'page' : undefined}
      data-tip={narrow ? t(`shell.pages.${page.name}`) : undefined}
      className={`relative flex h-8 items-center gap-2.5 rounded-md ${narrow ? 'justify-center' : 'px-2'} ${here ? 'bg-hover font-medium text-ink before:absolute before:inset-y-1.5 before:-start-2 before:w-[3px] before:bg-accent' : 'text-soft hover:bg-hover hover:text-ink'}`}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden className="shrink-0" />
      <span className={narrow ? 'sr-only' : 'grow truncate'}>{t(`shell.pages.${page.name}`)}</span>
      {jobs !== undefined && !narrow && <span className="text-sm text-faint tabular">{count(jobs)}</span>}
    </Link>
  );
}

function States(): ReactNode {
  const { t } = useTranslation();
  const stats = useLive('stats');
  const [path] = useLocation();
  const search = useSearch();
  const shown = path === '/jobs' ? readFilter(search).places : undefined;
  return (
    <ul aria-label={t('shell.states')} className="ms-[15px] border-s border-line ps-1.5">
      {places.map((place) => {
        const { icon: Icon, text } = placeLooks[place];
        const here = shown?.length === 1 && shown[0] === place;
        return (
          <li key={place}>
            <Link
              href={jobsHref({ places: [place] })}
              aria-current={here ? 'true' : undefined}
              className={`flex h-[24px] items-center gap-2 rounded-md px-2 text-sm ${here ? 'bg-hover font-medium text-ink' : 'text-soft hover:bg-hover hover:text-ink'}`}
            >
              <Icon size={13} strokeWidth={2} aria-hidden className={`shrink-0 ${text}`} />
              <span className="grow truncate">{t(`parts.places.${place}`)}</span>
              <span className="tabular">{stats ? count(stats[place]) : ''}</span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

const inBar = ['overview', 'queues', 'jobs', 'workers'];

/** The bar on phones: four pages, the others in a menu. */
export function BottomBar(): ReactNode {
  const { t } = useTranslation();
  const [path, go] = useLocation();
  const cell = 'flex min-w-0 flex-1 flex-col items-center gap-0.5 pt-2 pb-1.5 text-xs';
  return (
    <nav
      aria-label={t('shell.navigation')}
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-rail pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {pages
        .filter((page) => inBar.includes(page.name))
        .map(({ name, href, icon: Icon }) => (
          <Link
            key={name}
            href={href}
            aria-current={isAt(path, href) ? 'page' : undefined}
            className={`${cell} ${isAt(path, href) ? 'text-accent' : 'text-soft'}`}
          >
            <Icon size={18} strokeWidth={1.75} aria-hidden />
            <span className="max-w-full truncate px-1">{t(`shell.pages.${name}`)}</span>
          </Link>
        ))}
      <Menu
        trigger={
          <button type="button" className={`${cell} text-soft`}>
            <MoreHorizontal size={18} strokeWidth={1.75} aria-hidden />
            {t('shell.pages.more')}
          </button>
        }
      >
        {pages
          .filter((page) => !inBar.includes(page.name))
          .map(({ name, href, icon }) => (
            <MenuItem key={name} icon={icon} onSelect={() => go(href)}>
              {t(`shell.pages.${name}`)}
            </MenuItem>
          ))}
      </Menu>
    </nav>
  );
}
