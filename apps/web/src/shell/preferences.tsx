/**
 * The preferences menu: theme, language, time zone, update rate, shortcuts, log out.
 *
 * It offers a short list of time zones; the settings page offers all.
 */
import { Keyboard, LogOut } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api.ts';
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from '../parts/menu.tsx';
import { toastError } from '../parts/toast.tsx';
import { choose, type Prefs, usePrefs } from '../prefs.ts';
import { useSession, useSetSession } from '../session.tsx';
import { useZoneName } from '../time.tsx';
import type { Overlay } from './overlay.ts';
import { useWho } from './who.ts';

const themes = ['system', 'light', 'dark'] as const;

/** The update rates, in milliseconds, by the keys of their texts. */
export const rates = { live: 1000, five: 5000, fifteen: 15_000, paused: 0 } as const;

export function Preferences({
  trigger,
  onOverlay,
}: {
  trigger: ReactElement<Record<string, unknown>>;
  onOverlay: (overlay: Overlay) => void;
}): ReactNode {
  const { t } = useTranslation();
  const prefs = usePrefs();
  return (
    <Menu trigger={trigger}>
      <SignedIn />
      <MenuLabel>{t('shell.theme')}</MenuLabel>
      <MenuChoices<Prefs['theme']>
        value={prefs.theme}
        onChange={(theme) => choose({ theme })}
        choices={themes.map((value) => ({ value, label: t(`shell.themes.${value}`) }))}
      />
      <MenuLabel>{t('shell.zone')}</MenuLabel>
      <Zones />
      <MenuLabel>{t('shell.rate')}</MenuLabel>
      <MenuChoices
        value={String(prefs.rate)}
        onChange={(rate) => choose({ rate: Number(rate) })}
        choices={(Object.keys(rates) as (keyof typeof rates)[]).map((name) => ({
          value: String(rates[name]),
          label: t(`shell.rates.${name}`),
        }))}
      />
      <MenuLine />
      <MenuItem icon={Keyboard} onSelect={() => onOverlay('keys')}>
        {t('shell.keysTitle')}
        <kbd className="ms-auto text-xs text-faint">?</kbd>
      </MenuItem>
      <LogOutItem />
    </Menu>
  );
}

/**
 * A component of its own, rendered only in an open menu: the browser takes long to report its
 * zone.
 */
function Zones(): ReactNode {
  const { zone } = usePrefs();
  const zoneName = useZoneName();
  return (
    <MenuChoices
      value={zone}
      onChange={(chosen) => choose({ zone: chosen })}
      choices={[...new Set(['local', 'UTC', zone])].map((value) => ({ value, label: zoneName(value) }))}
    />
  );
}

function SignedIn(): ReactNode {
  const who = useWho();
  return (
    <>
      <MenuLabel>{who}</MenuLabel>
      <MenuLine />
    </>
  );
}

function LogOutItem(): ReactNode {
  const { t } = useTranslation();
  const { login } = useSession();
  const setSession = useSetSession();
  if (!login) return null;
  const leave = async () => {
    try {
      await api.logout();
      setSession(null);
    } catch (problem) {
      toastError(problem);
    }
  };
  return (
    <MenuItem icon={LogOut} onSelect={() => void leave()}>
      {t('shell.logout')}
    </MenuItem>
  );
}
