import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';

type Look = 'primary' | 'plain' | 'quiet';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong disabled:opacity-55',
  plain: 'border border-edge bg-surface text-ink hover:bg-hover disabled:opacity-55',
  quiet: 'text-accent hover:bg-hover disabled:opacity-55',
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** A button with words on it. */
export function Button({
  look = 'plain',
  small = false,
  className = '',
  type = 'button',
  ...rest
}: ButtonProps) {
  const size = small ? 'min-h-8 px-3 text-[0.8125rem]' : 'min-h-10 px-4';
  return (
    <button
      type={type}
      className={`inline-flex items-center justify-center gap-2 rounded-lg font-medium transition-colors disabled:cursor-not-allowed ${size} ${LOOKS[look]} ${className}`}
      {...rest}
    />
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What the button does; read aloud and shown as a tooltip. */
  label: string;
  children: ReactNode;
}

/** A button with a sign only. */
export function IconButton({ label, className = '', children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-10 shrink-0 items-center justify-center rounded-lg transition-colors disabled:cursor-not-allowed disabled:opacity-55 ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}
