/**
 * Marks invisible characters in all texts of the page. Names and arguments come from other
 * programs, and a bidi control in them may reorder the text around it: the user would read another
 * queue name than the one that a button clears.
 *
 * Every text passes through here, because tsconfig.json makes this folder the JSX runtime.
 */
import { piecesOf, visible } from '@faktory-ts/protocol';
import type { ElementType, ReactElement, ReactNode } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';

/** The props of an element. */
export type Props = Readonly<Record<string, unknown>> & { readonly children?: ReactNode };

const mark = 'mx-px rounded-sm bg-sunken px-0.5 font-mono text-xs text-dead';
const attributes = ['title', 'aria-label', 'aria-description', 'alt'] as const;
/** Elements that contain plain text only, or text that the user edits. */
const untouched: ReadonlySet<unknown> = new Set(['textarea', 'script', 'style']);

/**
 * The props of an element with invisible characters marked. Components are not changed: the
 * elements that they render are.
 */
export function marked(type: ElementType, props: Props): Props {
  if ((typeof type !== 'string' && type !== Fragment) || untouched.has(type)) return props;
  const children =
    type === 'option' || type === 'title' ? shown(props.children) : markedChild(props.children);
  const changed: Record<string, unknown> = children === props.children ? {} : { children };
  for (const name of attributes) {
    const text = props[name];
    if (typeof text === 'string' && shown(text) !== text) changed[name] = shown(text);
  }
  return Object.keys(changed).length > 0 ? { ...props, ...changed } : props;
}

function markedChild(child: ReactNode): ReactNode {
  if (typeof child === 'string') return markedText(child);
  if (!Array.isArray(child)) return child;
  const children = child.map((one: ReactNode) => (typeof one === 'string' ? markedText(one) : one));
  return children.some((one, index) => one !== child[index]) ? children : child;
}

function markedText(text: string): string | ReactElement {
  const pieces = piecesOf(text);
  if (pieces.length === 1) return text;
  const children = marksIn(text, pieces, markOf);
  return jsxs(Fragment, { children });
}

/**
 * Signs that the page itself writes in right-to-left languages: a pair of isolates around a name, and
 * the mark that Intl writes beside a percent sign. Neither can reorder the text around it.
 */
const own =
  /\u2068(?=[^\u2068\u2069]*\u2069)|(?<=\u2068[^\u2068\u2069]*)\u2069|\u200e(?=[%٪])|(?<=[%٪])\u200e/gu;

function marksIn<T>(text: string, pieces: readonly string[], mark: (sign: string) => T): (string | T)[] {
  const kept = new Set<number>();
  for (const { index } of text.matchAll(own)) kept.add(index);
  let at = 0;
  return pieces.map((piece, index) => {
    const start = at;
    at += piece.length;
    return index % 2 === 0 || kept.has(start) ? piece : mark(piece);
  });
}

function markOf(sign: string): ReactElement {
  const code = sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return jsx('mark', { className: mark, dir: 'ltr', children: `U+${code}` });
}

function shown<T>(text: T): T | string {
  return typeof text === 'string' ? marksIn(text, piecesOf(text), visible).join('') : text;
}
