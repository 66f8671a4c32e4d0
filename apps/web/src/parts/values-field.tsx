/**
 * A field for several values: each value is a chip that can be removed; typed text becomes the
 * next value.
 *
 * Note: a value is never split, because names may have spaces and commas. Enter, or a new line in
 * a pasted text, ends a value.
 */
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useId } from 'react';
import { Chip } from './chip.tsx';

/** The values, and the typed text that is not a value yet. */
export interface Values {
  readonly values: readonly string[];
  readonly typed: string;
}

/** All values, with the typed text as the last one. Existing values are not changed. */
export function allValues({ values, typed }: Values): readonly string[] {
  return [...new Set([...values, typed.trim()].filter(Boolean))];
}

/** The values with those of a pasted text, one value per line. */
export function withPasted({ values, typed }: Values, text: string): Values {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return { values: allValues({ values: [...values, typed.trim(), ...lines], typed: '' }), typed: '' };
}

export function ValuesField({
  label,
  hint,
  value,
  onChange,
  list,
}: {
  label: string;
  hint: string;
  value: Values;
  onChange: (value: Values) => void;
  /** Id of a datalist with values to choose from. */
  list?: string;
}): ReactNode {
  const id = useId();
  const { values, typed } = value;
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && typed.trim() !== '') {
      event.preventDefault(); // Enter in an empty field submits the form
      onChange({ values: allValues(value), typed: '' });
    } else if (event.key === 'Backspace' && typed === '' && values.length > 0)
      onChange({ values: values.slice(0, -1), typed: '' });
  };
  const onPaste = (event: ClipboardEvent): void => {
    const text = event.clipboardData.getData('text');
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    onChange(withPasted(value, text));
  };
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id}>{label}</label>
      {values.length > 0 && (
        <ul className="flex flex-wrap gap-1">
          {values.map((one) => (
            <li key={one}>
              <Chip
                hideName
                name={label}
                value={one}
                onRemove={() => onChange({ values: values.filter((other) => other !== one), typed })}
              />
            </li>
          ))}
        </ul>
      )}
      <input
        id={id}
        className="field"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        aria-describedby={`${id}-hint`}
        list={list}
        value={typed}
        onChange={(event) => onChange({ values, typed: event.target.value })}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <span id={`${id}-hint`} className="text-sm text-faint">
        {hint}
      </span>
    </div>
  );
}
