/**
 * Buttons with a text or with an icon alone; an icon button takes its accessible name as `label`.
 *
 * A `busy` button keeps its width and its focus.
 */
import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Tooltip } from './tooltip.tsx';

type Tone = 'plain' | 'accent' | 'danger' | 'quiet';
type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'title'>;

const tones: Record<Tone, string> = {
  plain: 'border-edge bg-raised text-ink hover:bg-hover',
  accent: 'border-accent bg-accent text-on-accent hover:opacity-90',
  danger: 'border-dead bg-dead text-on-dead hover:opacity-90',
  quiet: 'border-transparent text-soft hover:bg-hover hover:text-ink',
};

/** A button with words. */
export function Button({
  tone = 'plain',
  icon: Icon,
  busy = false,
  small = false,
  children,
  ...native
}: Native & {
  tone?: Tone;
  icon?: LucideIcon;
  busy?: boolean;
  small?: boolean;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}): ReactNode {
  return (
    <button
      type="button"
      {...native}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? undefined : native.onClick}
      className={`inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none disabled:opacity-50 ${small ? 'h-[24px] px-2 text-sm' : 'h-8 px-3'} ${busy ? 'opacity-60' : ''} ${tones[tone]}`}
    >
      {Icon && <Icon size={15} strokeWidth={1.75} aria-hidden />}
      {children}
    </button>
  );
}

/** A button with an icon alone: `label` is its name and its tooltip. */
export function IconButton({
  icon: Icon,
  label,
  keys,
  small = false,
  ...native
}: Native & {
  icon: LucideIcon;
  label: string;
  /** Shown after the label. */
  keys?: string;
  small?: boolean;
  ref?: Ref<HTMLButtonElement>;
}): ReactNode {
  return (
    <Tooltip text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        {...native}
        className={`inline-flex shrink-0 items-center justify-center rounded-md text-soft hover:bg-hover hover:text-ink disabled:opacity-40 aria-pressed:bg-hover aria-pressed:text-ink ${small ? 'size-[24px]' : 'size-8'}`}
      >
        <Icon size={small ? 15 : 17} strokeWidth={1.75} aria-hidden />
      </button>
    </Tooltip>
  );
}
