import type { HTMLInputTypeAttribute } from 'react';
import { useId } from 'react';

import { Fault, FIELD } from '../ui/field.tsx';

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: HTMLInputTypeAttribute;
  hint?: string | undefined;
  /** What is wrong with it. */
  fault?: string | undefined;
  autoComplete?: string;
  autoFocus?: boolean;
  required?: boolean;
}

/** A line of text with its name above it, and what is wrong with it below. */
export function TextField({ label, value, onChange, type = 'text', hint, fault, ...rest }: TextFieldProps) {
  const id = useId();
  const isForeign = type === 'email' || type === 'tel' || type === 'url' || type === 'password';
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm text-muted">
        {label}
      </label>
      <input
        {...rest}
        id={id}
        type={type}
        dir={isForeign ? 'ltr' : 'auto'}
        value={value}
        aria-invalid={fault !== undefined}
        aria-describedby={fault !== undefined ? `${id}-fault` : hint !== undefined ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
        className={FIELD}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-muted">
          {hint}
        </p>
      )}
      {fault !== undefined && <Fault id={`${id}-fault`}>{fault}</Fault>}
    </div>
  );
}

interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function Check({ label, checked, onChange, disabled = false }: CheckProps) {
  return (
    <label className="flex min-h-8 items-center gap-2 text-sm">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 accent-accent"
      />
      {label}
    </label>
  );
}

/** What the server said of a form as a whole. */
export function Failed({ children }: { children: string }) {
  return (
    <p role="alert" dir="auto" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
      {children}
    </p>
  );
}

export const CARD = 'flex flex-col gap-4 rounded-xl border border-line bg-surface p-4';
