/** Fills a database with what messages leave behind: copies of rows that the product wrote, under new ids. */
import { randomBytes } from 'node:crypto';

import type { Row, Servers } from './servers.ts';
import type { Side } from './sides/side.ts';

/** Rows of one command. */
const BATCH = 1_000;
/** Commands on their way. */
const AT_ONCE = 4;
/** Microseconds between two copies, so that the past is as long as it would be. */
const STEP = 1_000_000;

/** Copies until so many messages are stored; each brings its delivery along. */
export async function prefill(servers: Servers, side: Side, wanted: number): Promise<void> {
  const messages = servers.rows(side.database, 'messages');
  const deliveries = servers.rows(side.database, 'deliveries');
  // In one piece each: a cursor of DocumentDB may be gone when its next piece is asked for.
  const patterns = await messages
    .find({ direction: 'in' })
    .limit(BATCH)
    .batchSize(BATCH + 1)
    .toArray();
  const owed = new Map(
    (
      await deliveries
        .find()
        .limit(10 * BATCH)
        .batchSize(10 * BATCH + 1)
        .toArray()
    ).map((row) => [row.messageId, row]),
  );
  let missing = wanted - (await messages.countDocuments());
  for (let age = 1; missing > 0;) {
    const groups: Promise<void>[] = [];
    for (let group = 0; group < AT_ONCE && missing > 0; group += 1, age += 1) {
      const these = patterns.slice(0, missing);
      missing -= these.length;
      groups.push(copyAll(these, owed, age, { messages, deliveries }));
    }
    await Promise.all(groups);
  }
}

type Rows = ReturnType<Servers['rows']>;

async function copyAll(
  patterns: Row[],
  owed: Map<unknown, Row>,
  age: number,
  into: { messages: Rows; deliveries: Rows },
): Promise<void> {
  const copies = patterns.map((pattern) => copyOf(pattern, age));
  const delivered = copies.flatMap((copy, index) => {
    const pattern = owed.get(patterns[index]?._id);
    return pattern ? [deliveryFor(pattern, copy)] : [];
  });
  await into.messages.insertMany(copies, { ordered: false });
  if (delivered.length > 0) await into.deliveries.insertMany(delivered, { ordered: false });
}

/** The same message, `age` steps earlier. Its content opens under the old id only, and nobody reads it here. */
function copyOf(pattern: Row, age: number): Row {
  const earlier = (value: unknown) =>
    value instanceof Date ? new Date(value.getTime() - (age * STEP) / 1000) : value;
  return {
    ...Object.fromEntries(Object.entries(pattern).map(([name, value]) => [name, earlier(value)])),
    _id: `msg_${randomBytes(17).toString('base64url').slice(0, 22)}`,
    position: Number(pattern.position) - age * STEP,
    forward: 'done',
  };
}

function deliveryFor(pattern: Row, message: Row): Row {
  return {
    ...pattern,
    _id: `${message._id}.${String(pattern.endpointId)}`,
    eventId: message._id,
    messageId: message._id,
    position: message.position,
    state: 'done',
  };
}
