/** The product's mark: a speech bubble with a soft wave in it. */
export function Logo({ className = '' }: { className?: string }) {
  return <img src="/favicon.svg" alt="" className={className} />;
}
