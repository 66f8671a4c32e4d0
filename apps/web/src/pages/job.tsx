/*
 * Stands in for the page until it is there. It must never look finished. A stranger would get wrong that its address is already linked.
 */
import type { ReactNode } from 'react';
import { usePage } from '../shell/title.ts';

export default function Page({ jid }: { jid: string }): ReactNode {
  usePage(jid);
  return <h1 className="text-lg">{jid}</h1>;
}
