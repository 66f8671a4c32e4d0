/**
 * Shows JSON as a tree that opens and closes. Everything in it is plain text: no links, nothing is
 * run.
 *
 * It takes JSON text, not a value, so numbers keep all their digits. A long list shows its first
 * hundred items.
 */
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type JsonNode, readJson } from '../json.ts';
import { CodeBlock } from './code.tsx';

const page = 100;
const openDepth = 2;
const longText = 400;

/** The tree of a JSON text; text that is not JSON is shown as it is. */
export function JsonTree({ text }: { text: string }): ReactNode {
  const node = useMemo(() => {
    try {
      return readJson(text);
    } catch {
      return undefined; // cut off or not JSON: shown as plain text below
    }
  }, [text]);
  if (!node) return <CodeBlock text={text} />;
  return (
    <div dir="ltr" className="overflow-x-auto font-mono text-sm">
      <Node node={node} depth={0} />
    </div>
  );
}

const colours = {
  string: 'text-working',
  number: 'text-ready',
  boolean: 'text-scheduled',
  null: 'text-faint',
};

function Node({ node, name, depth }: { node: JsonNode; name?: string; depth: number }): ReactNode {
  if (node.kind === 'object' || node.kind === 'array') return <Branch {...{ node, name, depth }} />;
  return (
    <div className="flex gap-2 py-px ps-4">
      <Name name={name} />
      <Leaf source={node.source} colour={colours[node.kind]} />
    </div>
  );
}

const Name = ({ name }: { name: string | undefined }) =>
  name === undefined ? null : <span className="shrink-0 text-soft">{`${name}:`}</span>;

function Leaf({ source, colour }: { source: string; colour: string }): ReactNode {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const long = source.length > longText && !all;
  return (
    <span className={`min-w-0 whitespace-pre-wrap wrap-anywhere ${colour}`}>
      {long ? `${source.slice(0, longText)}…` : source}
      {long && (
        <button type="button" className="link ms-2 font-sans" onClick={() => setAll(true)}>
          {t('parts.showAll', { count: source.length })}
        </button>
      )}
    </span>
  );
}

function Branch({
  node,
  name,
  depth,
}: {
  node: JsonNode & { kind: 'object' | 'array' };
  name: string | undefined;
  depth: number;
}): ReactNode {
  const { t } = useTranslation();
  const [open, setOpen] = useState(depth < openDepth);
  const [shown, setShown] = useState(page);
  const children = childrenOf(node);
  const [before, after] = node.kind === 'object' ? '{}' : '[]';
  if (children.length === 0)
    return (
      <div className="flex gap-2 py-px ps-4">
        <Name name={name} />
        {`${before}${after}`}
      </div>
    );
  return (
    <details
      open={open}
      onToggle={(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)}
    >
      <summary className="cursor-default rounded-sm marker:text-faint hover:bg-hover">
        <Name name={name} /> <span className="text-faint">{`${before}${children.length}${after}`}</span>
      </summary>
      {open && (
        <div className="ms-1.5 border-s border-line ps-2">
          {children.slice(0, shown).map((child) => (
            <Node key={child.id} name={child.name} node={child.node} depth={depth + 1} />
          ))}
          {children.length > shown && (
            <button type="button" className="link ms-4 font-sans" onClick={() => setShown(shown + 10 * page)}>
              {t('parts.showMore', { count: children.length - shown })}
            </button>
          )}
        </div>
      )}
    </details>
  );
}

/** The children, each with an id, because keys may repeat. */
function childrenOf(
  node: JsonNode & { kind: 'object' | 'array' },
): { id: number; name: string; node: JsonNode }[] {
  if (node.kind === 'array') return node.items.map((item, id) => ({ id, name: String(id), node: item }));
  return node.entries.map(([name, value], id) => ({ id, name, node: value }));
}
