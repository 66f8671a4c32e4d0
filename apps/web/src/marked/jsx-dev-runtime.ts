/** The same JSX runtime for development: React’s warnings name file and line. */
import type { ElementType, ReactElement } from 'react';
import * as react from 'react/jsx-dev-runtime';
import { marked, type Props } from './marks.ts';

export type { JSX } from 'react/jsx-runtime';
export { Fragment } from 'react/jsx-runtime';

type Make = (type: ElementType, props: Props, ...rest: unknown[]) => ReactElement;
const { jsxDEV: make } = react as unknown as { readonly jsxDEV: Make };

export const jsxDEV: Make = (type, props, ...rest) => make(type, marked(type, props), ...rest);
