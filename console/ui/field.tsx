import type { ReactNode } from 'react';

/** How a field for text looks. */
export const FIELD =
  'w-full min-h-10 rounded-lg border border-edge bg-surface px-3 py-2 text-sm text-ink placeholder:text-muted aria-invalid:border-bad';

/** What is wrong with a field; its id stands in the field's `aria-describedby`. */
export function Fault({ id, children }: { id: string; children: ReactNode }) {
  return (
    <p id={id} role="alert" className="mt-1 text-sm text-bad">
      {children}
    </p>
  );
}
