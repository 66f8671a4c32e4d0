/**
 * A dialog: the browser’s own <dialog>, which keeps the focus, closes on Escape and lies above the
 * page.
 *
 * Its content is rendered only while it is open, so a form starts empty each time.
 */
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './button.tsx';

/**
 * The element to focus first: one marked for it, else the first field, else the first button at
 * the bottom.
 */
const firstFocus = '[data-focus], div :is(input, select, textarea), footer button';

/**
 * Shows `children` above the page while `open`; Escape, the backdrop and the close button call
 * `onClose`.
 */
export function Dialog({
  open,
  onClose,
  title,
  children,
  footer,
  wide = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open && !element.open) {
      element.showModal();
      element.querySelector<HTMLElement>(firstFocus)?.focus();
    } else if (!open && element.open) element.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => event.target === event.currentTarget && onClose()}
      className={`m-auto max-h-[calc(100dvh-32px)] w-[calc(100vw-32px)] flex-col overflow-hidden rounded-md border border-line bg-raised p-0 text-ink shadow-float open:flex ${wide ? 'max-w-3xl' : 'max-w-md'}`}
    >
      {open && <Content {...{ heading, title, onClose, footer }}>{children}</Content>}
    </dialog>
  );
}

function Content(props: {
  heading: string;
  title: string;
  onClose: () => void;
  footer: ReactNode;
  children: ReactNode;
}): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <header className="flex items-center gap-2 border-b border-line py-2 ps-4 pe-2">
        <h2 id={props.heading} className="min-w-0 grow text-base wrap-anywhere">
          {props.title}
        </h2>
        <IconButton icon={X} label={t('parts.close')} onClick={props.onClose} />
      </header>
      <div className="min-h-0 overflow-y-auto p-4">{props.children}</div>
      {props.footer && (
        <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3">
          {props.footer}
        </footer>
      )}
    </>
  );
}
