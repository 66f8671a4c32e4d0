/**
 * The actions for the selected rows, at the bottom edge while rows are selected. It announces
 * their number to screen readers.
 *
 * It takes its own space in the page, so it never covers the last row.
 */
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './button.tsx';

/**
 * The bar; `children` are the buttons. Without a `label`, which describes the selection, it is not
 * rendered.
 */
export function SelectionBar({
  label,
  onClear,
  children,
}: {
  label: string | undefined;
  onClear: () => void;
  children: ReactNode;
}): ReactNode {
  const { t } = useTranslation();
  return (
    <div role="status" className="sticky bottom-14 z-20 md:bottom-3">
      {label !== undefined && (
        <div className="mx-auto mt-3 flex w-fit max-w-full flex-wrap items-center gap-2 rounded-md border border-edge bg-raised py-1.5 ps-3 pe-1.5 shadow-float">
          <span className="me-1 font-medium whitespace-nowrap tabular">{label}</span>
          {children}
          <IconButton small icon={X} label={t('parts.clearSelection')} onClick={onClear} />
        </div>
      )}
    </div>
  );
}
