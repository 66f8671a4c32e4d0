/*
 * A menu that drops from a button. It must never be modal: Radix's modal menus write a <style> into the page, which the server's policy
 * forbids. A stranger would get wrong that `trigger` must be an element that takes a ref and spreads its props.
 */
import { Check, type LucideIcon } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

const row =
  'flex cursor-default items-center gap-2 rounded-sm px-2 py-1.5 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover';

/** A menu; its children are {@link MenuItem}s and the like. */
export function Menu({
  trigger,
  children,
  align = 'end',
}: {
  trigger: ReactElement;
  children: ReactNode;
  align?: 'start' | 'end';
}): ReactNode {
  const { i18n } = useTranslation();
  return (
    <Radix.Root modal={false} dir={i18n.dir()}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-40 max-h-[min(420px,var(--radix-dropdown-menu-content-available-height))] min-w-44 overflow-y-auto rounded-md border border-line bg-raised p-1 shadow-float"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Something to do. */
export function MenuItem({
  icon: Icon,
  onSelect,
  disabled = false,
  danger = false,
  children,
}: {
  icon?: LucideIcon;
  onSelect: () => void;
  disabled?: boolean;
  danger?: boolean;
  children: ReactNode;
}): ReactNode {
  return (
    <Radix.Item onSelect={onSelect} disabled={disabled} className={`${row} ${danger ? 'text-dead' : ''}`}>
      {Icon && <Icon size={15} strokeWidth={1.75} aria-hidden />}
      {children}
    </Radix.Item>
  );
}

/** One of several of which one holds. */
export function MenuChoices<T extends string>({
  value,
  onChange,
  choices,
}: {
  value: T;
  onChange: (value: T) => void;
  choices: readonly { value: T; label: string; lang?: string }[];
}): ReactNode {
  return (
    <Radix.RadioGroup value={value} onValueChange={(chosen) => onChange(chosen as T)}>
      {choices.map((choice) => (
        <Radix.RadioItem key={choice.value} value={choice.value} lang={choice.lang} className={row}>
          <Tick />
          {choice.label}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

/** Something that is on or off; the menu stays open. */
export function MenuCheck({
  checked,
  onChange,
  children,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}): ReactNode {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={row}
    >
      <Tick />
      {children}
    </Radix.CheckboxItem>
  );
}

const Tick = () => (
  <span className="flex size-4 items-center">
    <Radix.ItemIndicator>
      <Check size={15} aria-hidden />
    </Radix.ItemIndicator>
  </span>
);

/** A line of words that nobody can choose. */
export const MenuLabel = ({ children }: { children: ReactNode }): ReactNode => (
  <Radix.Label className="px-2 pt-1.5 pb-1 text-xs text-faint">{children}</Radix.Label>
);

/** A line between groups. */
export const MenuLine = (): ReactNode => <Radix.Separator className="my-1 border-t border-line" />;
