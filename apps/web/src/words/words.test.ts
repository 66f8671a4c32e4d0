/**
 * The rules for texts: no hard-coded text in a component, no missing or unused text, and the
 * placeholders of the English text in each language.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { en, type Words } from './en.ts';
import { formatter } from './formatter.ts';
import { allLanguages, bestLanguage } from './index.ts';

const src = dirname(dirname(fileURLToPath(import.meta.url)));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|^words/.test(name))
  .map((name) => ({ name, text: readFileSync(join(src, name), 'utf8') }));
const languages = import.meta.glob<{ words: Words }>(['./??.ts', './??-??.ts', '!./en.ts'], { eager: true });

/** All texts of a language by key: `queues.size`. */
function flat(words: Words, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words))
    if (typeof value === 'string') found.set(prefix + key, value);
    else for (const [inner, text] of flat(value, `${prefix}${key}.`)) found.set(inner, text);
  return found;
}

const plural = /_(zero|one|two|few|many|other)$/;
const stem = (key: string) => key.replace(plural, '');
const english = flat(en);
const stems = new Set([...english.keys()].map(stem));
/** Attributes with text for users. */
const readAttributes = /^(aria-label|aria-description|title|placeholder|alt|label|hint|yes)$/;
const letters = /\p{L}/u;

/** Hard-coded texts in the JSX of a file. */
function hardCoded({ name, text }: { name: string; text: string }): string[] {
  const found: string[] = [];
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const look = (node: ts.Node): void => {
    if (ts.isJsxText(node) && letters.test(node.text)) found.push(node.text.trim());
    if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent) && node.expression)
      if (ts.isStringLiteral(node.expression) && letters.test(node.expression.text))
        found.push(node.expression.text);
    if (ts.isJsxAttribute(node) && readAttributes.test(node.name.getText()) && node.initializer)
      if (ts.isStringLiteral(node.initializer) && letters.test(node.initializer.text))
        found.push(node.initializer.text);
    ts.forEachChild(node, look);
  };
  look(file);
  return found.map((words) => `${name}: ${words}`);
}

/** Texts that are the same in every language: names of keys, and the name of the default queue. */
const names = new Set(['shell/header.tsx: /', 'shell/preferences.tsx: ?', 'pages/push/fields.tsx: default']);

test('no component has a hard-coded text', () => {
  expect(
    files
      .filter(({ name }) => name.endsWith('x'))
      .flatMap(hardCoded)
      .filter((one) => !names.has(one)),
  ).toEqual([]);
});

test('every text is used', () => {
  const source = files.map(({ text }) => text).join('\n');
  const made = [...source.matchAll(/[`'"]([a-zA-Z]+(?:\.[\w-]+)*)\.\$\{/g)].map(([, prefix]) => `${prefix}.`);
  const unused = [...stems].filter(
    (key) =>
      !source.includes(`'${key}'`) &&
      !source.includes(`"${key}"`) &&
      !made.some((prefix) => key.startsWith(prefix)),
  );
  expect(unused).toEqual([]);
});

test.each(Object.entries(languages))('%s has every text, with the same placeholders', (_file, { words }) => {
  const texts = flat(words);
  expect([...stems].filter((key) => ![...texts.keys()].some((own) => stem(own) === key))).toEqual([]);
  expect([...texts.keys()].filter((key) => !stems.has(stem(key)))).toEqual([]);
  const marks = (text: string) => [...text.matchAll(/\{\{\s*(\w+)|<\/?(\w+)>/g)].map(([mark]) => mark).sort();
  const wrong = [...texts].filter(([key, text]) => {
    const source = english.get(key) ?? english.get(`${stem(key)}_other`) ?? '';
    // A form for exactly zero, one or two may write the number as a word.
    const exact = /_(zero|one|two)$/.test(key);
    const lacks = marks(source).filter(
      (mark) => !marks(text).includes(mark) && !(exact && mark === '{{count'),
    );
    return lacks.length > 0 || marks(text).some((mark) => !marks(source).includes(mark));
  });
  expect(wrong).toEqual([]);
});

test.each(Object.entries(languages))('%s has the plural forms of its language', (file, { words }) => {
  const code = file.replace(/^\.\/|\.ts$/g, '');
  const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
  const texts = flat(words);
  const counted = [...stems].filter((key) => english.has(`${key}_other`));
  const lacking = counted.flatMap((key) =>
    forms.filter((form) => !texts.has(`${key}_${form}`)).map((form) => `${key}_${form}`),
  );
  expect(lacking).toEqual([]);
});

test('the first supported language of the browser’s list is chosen, or a close one', () => {
  const all = Object.keys(allLanguages);
  expect(bestLanguage(['nl', 'de-AT', 'fr'], all)).toBe('de');
  expect(bestLanguage(['pt-PT'], all)).toBe('pt-BR');
  expect(bestLanguage(['zh-Hant-HK'], all)).toBe('zh-TW');
  expect(bestLanguage(['zh'], all)).toBe('zh-CN');
  expect(bestLanguage(['nl'], all)).toBe('en');
});

test('numbers in texts follow the language, and names are isolated in right-to-left languages', () => {
  const { format } = formatter;
  expect(format(1234567, 'number', 'de', {})).toBe('1.234.567');
  expect(format('mail', undefined, 'de', {})).toBe('mail');
  expect(format('mail', undefined, 'ar', {})).toBe('\u2068mail\u2069');
});
