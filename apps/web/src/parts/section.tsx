/**
 * The headings of pages and sections, with their actions at the end of the line. `PageHead` is the
 * page’s heading; a section’s heading is one level below.
 */
import { type ReactNode, useId } from 'react';

/** The heading of a page with its actions. */
export function PageHead({ title, children }: { title: ReactNode; children?: ReactNode }): ReactNode {
  return (
    <div className="mb-3 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <h1 dir="auto" className="me-auto min-w-0 text-xl tracking-tight wrap-anywhere">
        {title}
      </h1>
      {children}
    </div>
  );
}

/** A section of a page. */
export function Section({
  title,
  actions,
  children,
}: {
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}): ReactNode {
  const heading = useId();
  return (
    <section aria-labelledby={heading} className="min-w-0">
      <div className="flex min-h-9 flex-wrap items-center gap-x-3 border-b border-line">
        <h2 id={heading} className="me-auto text-base">
          {title}
        </h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** Names with values, in two columns. */
export function Facts({
  facts,
}: {
  facts: readonly (readonly [label: string, value: ReactNode])[];
}): ReactNode {
  return (
    <dl>
      {facts.map(([label, value]) => (
        <div
          key={label}
          className="grid grid-cols-[minmax(110px,2fr)_3fr] gap-3 border-b border-line py-1.5 last:border-0"
        >
          <dt className="text-soft">{label}</dt>
          <dd className="min-w-0 wrap-anywhere tabular">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
