/**
 * A labelled form field with a hint or an error in words.
 *
 * The line of the hint keeps its height while it is empty, so forms do not move.
 */
import { type InputHTMLAttributes, type ReactNode, useId } from 'react';

/** The field. */
export function Field({
  label,
  hint,
  mistake,
  options,
  ...native
}: Omit<InputHTMLAttributes<HTMLInputElement>, 'className'> & {
  label: string;
  hint?: string;
  mistake?: string | undefined;
  /** Suggestions while typing. */
  options?: readonly string[];
}): ReactNode {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        {...native}
        aria-invalid={mistake ? true : undefined}
        aria-describedby={`${id}-note`}
        list={options ? `${id}-list` : undefined}
        className="field w-full"
      />
      {options && (
        <datalist id={`${id}-list`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
      <p id={`${id}-note`} className={`min-h-[18px] text-sm ${mistake ? 'text-dead' : 'text-faint'}`}>
        {mistake ?? hint}
      </p>
    </div>
  );
}
