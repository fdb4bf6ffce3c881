/** What clients wrote: acknowledged is stored once, in its order, in one place, and told to every endpoint of its tenant. */
import { type Breach, grouped } from './breach.ts';
import type { RunRecord, Shown, Written } from './record.ts';

export function checkInbound(run: RunRecord): Breach[] {
  const received = run.shown.filter(({ direction }) => direction === 'in');
  const byWamid = grouped(received, ({ wamid }) => wamid ?? 'none');
  return [
    ...run.written.flatMap((message) => checkMessage(message, byWamid.get(message.wamid) ?? [])),
    ...unknown(run.written, received),
    ...checkOrder(run.written, received),
    ...checkEvents(run, received),
  ];
}

function checkMessage({ tenant, chat, turn, text, acknowledged }: Written, found: Shown[]): Breach[] {
  const of = `${chat}, message ${turn}`;
  const own = found.filter((message) => message.tenant === tenant);
  const breaches: Breach[] = [];
  if (own.length === 0 && acknowledged) breaches.push({ kind: 'lost', of });
  if (own.length > 1) breaches.push({ kind: 'doubled', of: `${of}, ${own.length} times` });
  if (found.length > own.length) breaches.push({ kind: 'seen-by-another-tenant', of });
  if (text !== null && own.some((message) => message.text !== text)) breaches.push({ kind: 'changed', of });
  return breaches;
}

function unknown(written: Written[], received: Shown[]): Breach[] {
  const wamids = new Set(written.map(({ wamid }) => wamid));
  return received
    .filter(({ wamid }) => wamid === null || !wamids.has(wamid))
    .map(({ id }): Breach => ({ kind: 'unknown-message', of: id }));
}

/** One client at one number is one conversation, whose messages stand as they were written. */
function checkOrder(written: Written[], received: Shown[]): Breach[] {
  const places = new Map(
    received.map(({ wamid, conversationId, position }, at) => [wamid, { conversationId, position, at }]),
  );
  const breaches: Breach[] = [];
  for (const [chat, messages] of grouped(written, (message) => message.chat)) {
    const found = [...messages]
      .sort((one, other) => one.turn - other.turn)
      .flatMap(({ wamid, turn }) => {
        const place = places.get(wamid);
        return place ? [{ ...place, turn }] : [];
      });
    if (new Set(found.map(({ conversationId }) => conversationId)).size > 1) {
      breaches.push({ kind: 'split', of: chat });
      continue;
    }
    found.forEach(({ at, turn, position }, index) => {
      const before = found[index - 1];
      if (!before || at > before.at) return;
      const of = `${chat}, message ${turn}, ${(before.position - position) / 1_000} ms before message ${before.turn}`;
      breaches.push({ kind: 'out-of-order', of });
    });
  }
  return breaches;
}

function checkEvents(run: RunRecord, received: Shown[]): Breach[] {
  const breaches: Breach[] = [];
  const arrived = grouped(run.arrivals, ({ endpoint, messageId }) => `${endpoint} ${messageId}`);
  for (const { tenant, id } of received) {
    for (const endpoint of run.endpoints[tenant] ?? []) {
      const events = arrived.get(`${endpoint} ${id}`) ?? [];
      const ids = new Set(events.map(({ eventId }) => eventId));
      if (ids.size === 0) breaches.push({ kind: 'event-lost', of: `${id} at ${endpoint}` });
      if (ids.size > 1) breaches.push({ kind: 'event-doubled', of: `${id} at ${endpoint}` });
    }
  }
  const owners = new Map(received.map(({ id, tenant }) => [id, tenant]));
  for (const { tenant, endpoint, messageId, signed } of run.arrivals) {
    const owner = owners.get(messageId);
    const of = `${messageId} at ${endpoint}`;
    if (owner === undefined) breaches.push({ kind: 'event-unknown', of });
    else if (owner !== tenant) breaches.push({ kind: 'seen-by-another-tenant', of });
    if (!signed) breaches.push({ kind: 'event-unsigned', of });
  }
  return [...breaches, ...checkEventOrder(run, received)];
}

/** An endpoint first hears of a conversation's messages in their order, but for those that are marked late. */
function checkEventOrder({ arrivals }: RunRecord, received: Shown[]): Breach[] {
  const places = new Map(received.map(({ id, late }, at) => [id, { late, at }]));
  const breaches: Breach[] = [];
  for (const lane of grouped(arrivals, (event) => `${event.endpoint} ${event.conversationId}`).values()) {
    const seen = new Set<string>();
    let last = -1;
    for (const { messageId, endpoint } of lane) {
      const place = places.get(messageId);
      if (!place || place.late || seen.has(messageId)) continue;
      seen.add(messageId);
      if (place.at < last) breaches.push({ kind: 'event-out-of-order', of: `${messageId} at ${endpoint}` });
      last = Math.max(last, place.at);
    }
  }
  return breaches;
}
