/**
 * What encryption costs a message, without any server: sealing its content and wamid, and the digests of its words.
 *
 *   node --import tsx bench/sealing.ts
 */
import { createHmac, randomBytes } from 'node:crypto';

import { formsOf } from '../src/search/words.ts';
import { type DataKey, type Place, seal, unseal } from '../src/store/seal.ts';

const ROUNDS = 20_000;
const TEXT = 'שלום, רציתי לדעת מתי תגיע ההזמנה שלי מספר 7731 שהזמנתי אצלכם ביום ראשון בבוקר? תודה רבה';

const random = { bytes: (length: number) => randomBytes(length) };
const key: DataKey = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
const place: Place = { tenantId: 'ten_bench', collection: 'messages', id: 'msg_bench', field: 'content' };
const raw = {
  from: '972501234567',
  id: 'wamid.bench',
  timestamp: '1795348800',
  type: 'text',
  text: { body: TEXT },
};
const content = () => Buffer.from(JSON.stringify({ content: { body: TEXT }, raw }));
const wamid = () => Buffer.from(JSON.stringify('wamid.HBgMOTcyNTAxMjM0NTY3FQIAEhggQkVOQ0g='));
const digest = (form: string) =>
  createHmac('sha256', key.secret)
    .update(JSON.stringify([form]))
    .digest('base64url');

const PARTS: Record<string, () => unknown> = {
  'JSON alone, as without encryption': () => [content(), wamid()],
  'sealed: content and wamid': () => [
    seal(random, key, place, content()),
    seal(random, key, { ...place, field: 'wamid' }, wamid()),
  ],
  'sealed and opened again': () => unseal(key, place, seal(random, key, place, content())),
  'words of the message, as digests': () => formsOf(TEXT).map(digest),
};

/** Microseconds of processor time of one run: the median of nine series, after one to warm up. */
function measure(work: () => unknown): number {
  const series = Array.from({ length: 10 }, () => {
    const started = process.cpuUsage();
    for (let round = 0; round < ROUNDS / 10; round += 1) work();
    const { user, system } = process.cpuUsage(started);
    return (user + system) / (ROUNDS / 10);
  });
  const sorted = series.slice(1).sort((one, other) => one - other);
  return sorted[4] ?? 0;
}

const plain = measure(PARTS['JSON alone, as without encryption'] ?? (() => undefined));
for (const [name, work] of Object.entries(PARTS)) {
  const cost = measure(work);
  console.log(
    `${name.padEnd(36)} ${cost.toFixed(1).padStart(7)} µs  ${(cost / plain).toFixed(1).padStart(6)} ×`,
  );
}
console.log(`${formsOf(TEXT).length} digests for ${TEXT.split(' ').length} words.`);
