/**
 * The preferences of this browser as form fields: theme, language, time zone, update rate. Each
 * change is saved at once.
 *
 * A time zone that the browser does not know is not accepted.
 */
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Section } from '../../parts/section.tsx';
import { choose, type Prefs, usePrefs } from '../../prefs.ts';
import { rates } from '../../shell/preferences.tsx';
import { useZoneName, zones } from '../../time.tsx';
import { allLanguages, chooseLanguage, languages } from '../../words/index.ts';

function Choice(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; label: string; lang?: string }[];
}): ReactNode {
  const id = useId();
  return (
    <div className="grid grid-cols-[minmax(110px,2fr)_3fr] items-center gap-3 border-b border-line py-1.5 last:border-0">
      <label htmlFor={id} className="text-soft">
        {props.label}
      </label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        className="field w-full"
      >
        {props.options.map((option) => (
          <option key={option.value} value={option.value} lang={option.lang}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The fields. */
export function PreferenceFields(): ReactNode {
  const { t } = useTranslation();
  const prefs = usePrefs();
  const zoneName = useZoneName();
  const themes = ['system', 'light', 'dark'] as const;
  const rateNames = Object.keys(rates) as (keyof typeof rates)[];
  return (
    <Section title={t('settings.preferences')}>
      <Choice
        label={t('shell.theme')}
        value={prefs.theme}
        onChange={(theme) => choose({ theme: theme as Prefs['theme'] })}
        options={themes.map((value) => ({ value, label: t(`shell.themes.${value}`) }))}
      />
      <Choice
        label={t('shell.language')}
        value={prefs.language}
        onChange={(code) => void chooseLanguage(code)}
        options={[
          { value: 'auto', label: t('shell.languageAuto') },
          ...languages.map((value) => ({ value, label: allLanguages[value] ?? value, lang: value })),
        ]}
      />
      <Choice
        label={t('shell.zone')}
        value={prefs.zone}
        onChange={(zone) => choose({ zone })}
        options={zones().map((value) => ({ value, label: zoneName(value) }))}
      />
      <Choice
        label={t('shell.rate')}
        value={String(prefs.rate)}
        onChange={(rate) => choose({ rate: Number(rate) })}
        options={rateNames.map((name) => ({ value: String(rates[name]), label: t(`shell.rates.${name}`) }))}
      />
    </Section>
  );
}
