/** React’s JSX runtime, which also marks invisible characters in texts. */
import type { ElementType, ReactElement } from 'react';
import { jsx as plainJsx, jsxs as plainJsxs } from 'react/jsx-runtime';
import { marked, type Props } from './marks.ts';

export type { JSX } from 'react/jsx-runtime';
export { Fragment } from 'react/jsx-runtime';

export const jsx = (type: ElementType, props: Props, key?: string): ReactElement =>
  plainJsx(type, marked(type, props), key);
export const jsxs = (type: ElementType, props: Props, key?: string): ReactElement =>
  plainJsxs(type, marked(type, props), key);
