import { useTranslation } from 'react-i18next';

const BUBBLES = ['w-52 self-start', 'w-72 self-start', 'w-60 self-end', 'w-40 self-end', 'w-64 self-start'];

export function ThreadSkeleton() {
  const { t } = useTranslation();
  return (
    <div role="status" className="flex flex-1 flex-col justify-end gap-3 px-4 py-6 md:px-8">
      <span className="sr-only">{t('thread.loading')}</span>
      {BUBBLES.map((shape) => (
        <div key={shape} aria-hidden className={`h-11 animate-pulse rounded-2xl bg-line ${shape}`} />
      ))}
    </div>
  );
}
