/**
 * A block of code with a copy button. There is no syntax colouring, because the code is short.
 *
 * Note: on a page from plain HTTP on another machine the browser refuses the clipboard. The text
 * is then selected in a field and copied with the old command.
 */
import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from './button.tsx';
import { toastError } from './toast.tsx';

async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

/** A copy button that confirms for a moment. `text` may be a function, called on copy. */
export function CopyButton({
  text,
  label,
  words = false,
}: {
  text: string | (() => string | Promise<string>);
  label: string;
  /** Shows the label beside the icon. */
  words?: boolean;
}): ReactNode {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const start = async () => {
    try {
      await copy(typeof text === 'string' ? text : await text());
      setCopied(true);
    } catch (problem) {
      toastError(problem);
    }
  };
  const icon = copied ? Check : Copy;
  const name = copied ? t('parts.copied') : label;
  return (
    <>
      {words ? (
        <Button small icon={icon} onClick={() => void start()}>
          {name}
        </Button>
      ) : (
        <IconButton small icon={icon} label={name} onClick={() => void start()} />
      )}
      <span role="status" className="sr-only">
        {copied ? t('parts.copied') : ''}
      </span>
    </>
  );
}

/** A block of code with a button that copies it. */
export function CodeBlock({ text, label }: { text: string; label?: string }): ReactNode {
  const { t } = useTranslation();
  return (
    <div className="relative">
      {/* It scrolls, so it must be reachable by keyboard. */}
      <pre
        tabIndex={0}
        role="region"
        aria-label={label ?? t('parts.code')}
        className="max-h-[480px] overflow-auto rounded-sm bg-sunken py-2 ps-3 pe-10 text-sm whitespace-pre"
      >
        {text}
      </pre>
      <div className="absolute end-1 top-1 rounded-sm bg-sunken">
        <CopyButton text={text} label={t('parts.copy')} />
      </div>
    </div>
  );
}
