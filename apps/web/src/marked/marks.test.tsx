import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { marked } from './marks.ts';

const Name = ({ of }: { of: string }): ReactNode => <b title={of}>{of}</b>;
const html = (node: ReactNode): string => renderToStaticMarkup(node).replace(/ class="[^"]*"/g, '');

test('an invisible character is a mark in every text, and an escape in an attribute', () => {
  const evil = 'a\u202eb';
  const marked = 'a<mark dir="ltr">U+202E</mark>b';
  expect(html(<p>{evil}</p>)).toBe(`<p>${marked}</p>`);
  expect(html(<Name of={evil} />)).toBe(`<b title="a\\u202eb">${marked}</b>`);
  expect(
    html(
      <p>
        1 {evil} <i>2</i>
      </p>,
    ),
  ).toBe(`<p>1 ${marked} <i>2</i></p>`);
  expect(html(<p>{[evil, 'c']}</p>)).toBe(`<p>${marked}c</p>`);
  expect(html(<option>{evil}</option>)).toBe('<option>a\\u202eb</option>');
  expect(html(<p>{'\u0000\u0085'}</p>)).toBe(
    '<p><mark dir="ltr">U+0000</mark><mark dir="ltr">U+0085</mark></p>',
  );
});

test('line ends, emoji joiners, other scripts and edited texts are not marked', () => {
  for (const text of ['a\n\tb\r\nc', '👩‍👩‍👧 می‌خواهم', 'עברית'])
    expect(html(<p>{text}</p>)).toBe(`<p>${text}</p>`);
  expect(html(<textarea defaultValue={'a\u202eb'} />)).toContain('a\u202eb');
});

test('the page’s own signs around names and percent signs are not marked, but signs inside names are', () => {
  const text = '\u2068mail\u202e\u2069 23\u200e%\u200e\u2069';
  const { children } = marked('p', { children: text }) as { children: { props: { children: unknown[] } } };
  const signs = children.props.children.filter((piece) => typeof piece !== 'string');
  expect(signs).toHaveLength(2);
  expect(marked('a', { 'aria-label': '\u2068mail\u2069 \u206823\u200e%\u200e\u2069' })).toEqual({
    'aria-label': '\u2068mail\u2069 \u206823\u200e%\u200e\u2069',
  });
});
