/* React's JSX, with marks for the characters of texts that are not seen. */
import type { ElementType, ReactElement } from 'react';
import { jsx as plainJsx, jsxs as plainJsxs } from 'react/jsx-runtime';
import { marked, type Props } from './marks.ts';

export type { JSX } from 'react/jsx-runtime';
export { Fragment } from 'react/jsx-runtime';

export const jsx = (type: ElementType, props: Props, key?: string): ReactElement =>
  plainJsx(type, marked(type, props), key);
export const jsxs = (type: ElementType, props: Props, key?: string): ReactElement =>
  plainJsxs(type, marked(type, props), key);
