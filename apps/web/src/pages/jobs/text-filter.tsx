/**
 * The field that filters by text in the arguments. It searches shortly after the last key, on
 * Enter, or when the field loses the focus.
 *
 * When the address changes in another way (chip, back button), the field follows.
 */
import { Search } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

const pause = 350; // ms

export function TextFilter({
  value,
  onChange,
}: {
  value: string;
  onChange: (text: string) => void;
}): ReactNode {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ value, onChange });
  latest.current = { value, onChange };
  useEffect(() => {
    setTyped(value);
    return () => clearTimeout(timer.current);
  }, [value]);
  const search = (text: string) => {
    clearTimeout(timer.current);
    if (text !== latest.current.value) latest.current.onChange(text);
  };
  const change = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(text), pause);
  };
  return (
    <label className="relative flex w-full max-w-90 items-center">
      <Search size={15} aria-hidden className="pointer-events-none absolute start-2 text-faint" />
      <input
        type="search"
        aria-label={t('jobs.text')}
        title={t('jobs.textHint')}
        placeholder={t('jobs.text')}
        value={typed}
        spellCheck={false}
        autoCapitalize="none"
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && !event.nativeEvent.isComposing && search(typed)}
        // A user who goes to another filter wants both, so apply the text now.
        onBlur={() => search(typed)}
        className="field w-full ps-8"
      />
    </label>
  );
}
