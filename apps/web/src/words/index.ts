/**
 * Loads the texts of the page in the user’s language. English is built in; other languages load
 * when needed. A missing text is shown in English.
 *
 * A language is offered as soon as its file is in this folder. i18next formats numbers in texts
 * ({{count, number}}).
 */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { choose, currentPrefs, onPrefs } from '../prefs.ts';
import { en, type Words } from './en.ts';
import { formatter, rightToLeft } from './formatter.ts';

/** All languages that may be offered, each by its own name. */
export const allLanguages: Readonly<Record<string, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  'pt-BR': 'Português (Brasil)',
  it: 'Italiano',
  ru: 'Русский',
  uk: 'Українська',
  'zh-CN': '简体中文',
  'zh-TW': '繁體中文',
  ja: '日本語',
  ko: '한국어',
  ar: 'العربية',
  he: 'עברית',
  fa: 'فارسی',
  hi: 'हिन्दी',
};

const files = import.meta.glob<{ words: Words }>(['./??.ts', './??-??.ts', '!./en.ts']);

/** The languages that have a file of texts. */
export const languages: readonly string[] = Object.keys(allLanguages).filter(
  (code) => code === 'en' || files[`./${code}.ts`],
);

/** The offered language that matches the browser's preferred languages best. */
export function bestLanguage(wishes: readonly string[], offered: readonly string[] = languages): string {
  for (const wish of wishes) {
    const lower = wish.toLowerCase();
    const exactly = offered.find((code) => code.toLowerCase() === lower);
    if (exactly) return exactly;
    if (/^zh\b/.test(lower)) {
      const chinese = /hant|tw|hk|mo/.test(lower) ? 'zh-TW' : 'zh-CN';
      if (offered.includes(chinese)) return chinese;
    }
    const [stem] = lower.split('-');
    const near = offered.find((code) => code.toLowerCase().split('-')[0] === stem);
    if (near) return near;
  }
  return 'en';
}

const wanted = () => {
  const { language } = currentPrefs();
  return language === 'auto' ? bestLanguage(navigator.languages) : language;
};

/** Code of the language shown. */
export const language = (): string => i18next.language ?? 'en';

/** Loads the texts in the chosen language, or the browser's. */
export async function startWords(): Promise<void> {
  void files[`./${wanted()}.ts`]?.().catch(() => undefined); // starts the load early; `speak` waits for it
  await i18next
    .use(initReactI18next)
    .use(formatter)
    .init({
      lng: 'en',
      fallbackLng: 'en',
      resources: { en: { translation: en } },
      interpolation: { escapeValue: false, alwaysFormat: true }, // React escapes texts itself
      returnNull: false,
    });
  await speak(wanted());
  onPrefs(() => wanted() === language() || void speak(wanted())); // another tab may have changed it
}

/** Changes the language and stores the choice; `auto`: the browser's language. */
export async function chooseLanguage(code: string): Promise<void> {
  choose({ language: code });
  await speak(wanted());
}

async function speak(code: string): Promise<void> {
  const known = languages.includes(code) ? code : 'en';
  const load = files[`./${known}.ts`];
  if (load && !i18next.hasResourceBundle(known, 'translation')) {
    const { words } = await load();
    i18next.addResourceBundle(known, 'translation', words);
  }
  await i18next.changeLanguage(known);
  document.documentElement.lang = known;
  document.documentElement.dir = rightToLeft.has(known) ? 'rtl' : 'ltr';
}
