import type { ReactNode } from 'react';

interface PageProps {
  title: string;
  /** What the page is for, in a sentence. */
  hint?: string;
  /** Beside the title. */
  action?: ReactNode;
  children: ReactNode;
}

/** A page beside the rail: a title and what is under it, in one column. */
export function Page({ title, hint, action, children }: PageProps) {
  return (
    <main className="thin-scroll min-h-0 min-w-0 flex-1 overflow-y-auto bg-canvas">
      <div className="mx-auto flex min-h-full max-w-3xl flex-col gap-4 p-4 md:p-8">
        <div className="flex flex-wrap items-start justify-between gap-3">
          <div className="min-w-0 flex-1">
            <h1 className="text-xl font-bold">{title}</h1>
            {hint !== undefined && <p className="text-sm text-muted">{hint}</p>}
          </div>
          {action}
        </div>
        {children}
      </div>
    </main>
  );
}
