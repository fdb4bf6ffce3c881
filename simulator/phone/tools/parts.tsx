import type { ReactNode } from 'react';

const FIELD =
  'h-9 w-full min-w-0 rounded-lg border border-black/15 bg-white px-2 text-sm outline-leaf focus-visible:outline-2';

/** A group of tools that opens with a click or Enter. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className="rounded-lg border border-black/10 bg-white/60 px-3 py-2">
      <summary className="cursor-pointer text-sm font-medium outline-leaf focus-visible:outline-2">
        {title}
      </summary>
      <div className="flex flex-col gap-2 pt-2">{children}</div>
    </details>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (string | { value: string; label: string })[];
  onChange: (value: string) => void;
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label className="block text-xs text-neutral-600">
      {label}
      <select className={FIELD} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => {
          const { value: one, label: words } =
            typeof option === 'string' ? { value: option, label: option } : option;
          return (
            <option key={one} value={one}>
              {words}
            </option>
          );
        })}
      </select>
    </label>
  );
}

interface EntryProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Digits only. */
  numeric?: boolean;
}

export function Entry({ label, value, onChange, numeric = false }: EntryProps) {
  return (
    <label className="block text-xs text-neutral-600">
      {label}
      <input
        className={FIELD}
        dir="ltr"
        inputMode={numeric ? 'numeric' : 'text'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

interface ActionProps {
  children: ReactNode;
  onPress: () => void;
  disabled?: boolean;
}

export function Action({ children, onPress, disabled = false }: ActionProps) {
  return (
    <button
      type="button"
      onClick={onPress}
      disabled={disabled}
      className="min-h-9 rounded-lg bg-pine px-3 text-sm font-medium text-white outline-offset-2 outline-leaf hover:bg-leaf focus-visible:outline-2 disabled:opacity-50"
    >
      {children}
    </button>
  );
}

/** What came of the last press, read aloud. */
export function Outcome({ error, done }: { error: Error | null; done: string | null }) {
  if (error !== null) {
    return (
      <p role="alert" className="text-xs whitespace-pre-wrap text-red-800">
        {error.message}
      </p>
    );
  }
  return done === null ? null : (
    <p role="status" className="text-xs text-leaf">
      {done}
    </p>
  );
}
