import type { ReactNode } from 'react';
import { useId } from 'react';

import { CARD } from '../account/fields.tsx';

interface SectionProps {
  title: string;
  hint?: string;
  /** Beside the title. */
  mark?: ReactNode;
  children: ReactNode;
}

/** One matter of the page: its name, what it is for, and what can be done. */
export function Section({ title, hint, mark, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={CARD}>
      <div>
        <div className="flex flex-wrap items-center gap-2">
          <h2 id={id} className="text-base font-semibold">
            {title}
          </h2>
          {mark}
        </div>
        {hint !== undefined && <p className="text-sm text-muted">{hint}</p>}
      </div>
      {children}
    </section>
  );
}
