/**
 * Holds a run's record against the promises. It only compares what was said with what is shown, so that it can't
 * share a mistake with the product. test/chaos/check.test.ts shows each kind of breach.
 */
import type { Breach } from './breach.ts';
import { checkInbound } from './check-inbound.ts';
import { checkOutbound } from './check-outbound.ts';
import type { Probe, RunRecord } from './record.ts';

/** Every breach of a promise; none for a good run. */
export function check(run: RunRecord): Breach[] {
  return [
    ...run.unquiet.map((what): Breach => ({ kind: 'not-quiet', of: what })),
    ...checkInbound(run),
    ...checkOutbound(run),
    ...checkDeadLetters(run),
    ...run.probes.filter(({ status }) => status !== 404).map(seenByAnother),
  ];
}

function seenByAnother({ path, status }: Probe): Breach {
  return { kind: 'seen-by-another-tenant', of: `${path} answered ${status}` };
}

/** Parked is what nobody's rules can place, at least once each (a crash may park it again), and nothing else. */
function checkDeadLetters({ parked, toPark }: RunRecord): Breach[] {
  const nameOf = ({ reason, phoneNumberId }: { reason: string; phoneNumberId: string | null }) =>
    `${reason} ${phoneNumberId ?? '-'}`;
  const expected = new Set(toPark.map(nameOf));
  const wrong = parked.filter((letter) => !expected.has(nameOf(letter)));
  const missing = toPark.filter(
    (item) => parked.filter((letter) => nameOf(letter) === nameOf(item)).length < item.times,
  );
  return [
    ...wrong.map(({ id, reason, detail }): Breach => ({
      kind: 'dead-letter',
      of: `${id} ${reason}: ${detail}`,
    })),
    ...missing.map((item): Breach => ({ kind: 'dead-letter-missing', of: nameOf(item) })),
  ];
}
