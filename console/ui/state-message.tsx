import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface StateMessageProps {
  icon: LucideIcon;
  title: string;
  /** What it means and what to do next. */
  children?: ReactNode;
  action?: ReactNode;
  /** True: read aloud at once. */
  alert?: boolean;
}

/** What stands where content would: nothing yet, not found, failed. */
export function StateMessage({ icon: Icon, title, children, action, alert = false }: StateMessageProps) {
  return (
    <div
      role={alert ? 'alert' : undefined}
      className="m-auto flex max-w-sm flex-col items-center gap-2 px-6 py-10 text-center"
    >
      <span className="mb-2 flex size-14 items-center justify-center rounded-2xl bg-raised text-muted ring-1 ring-line">
        <Icon aria-hidden className="size-6" />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      {children !== undefined && <div className="text-sm text-muted">{children}</div>}
      {action !== undefined && <div className="mt-3">{action}</div>}
    </div>
  );
}

/** A failure beside content that is still shown. */
export function FailureBar({ text, retry, onRetry }: { text: string; retry: string; onRetry: () => void }) {
  return (
    <div
      role="alert"
      className="flex items-center justify-between gap-3 bg-bad-soft px-4 py-1.5 text-sm text-bad"
    >
      <span>{text}</span>
      <button type="button" onClick={onRetry} className="min-h-7 shrink-0 font-semibold underline">
        {retry}
      </button>
    </div>
  );
}
