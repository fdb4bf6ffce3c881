import { describe, expect, it } from '@jest/globals';

import type { Message } from '../../console/api/types.ts';
import { orderTotal, referralOf } from '../../console/thread/content-parts.ts';
import { relate } from '../../console/thread/relations.ts';
import { fileSize } from '../../console/ui/file-size.ts';
import { message } from './support.ts';

/** Oldest first, one minute apart, each with a wamid of its id. */
function thread(...rows: [string, Partial<Message>][]): Message[] {
  return rows
    .map(([id, fields], minute) => message(id, minute, { wamid: `w-${id}`, ...fields }))
    .toReversed();
}

const change = (type: string, content: Record<string, unknown>): Partial<Message> => ({ type, content });
const reaction = (target: string, emoji?: string): Partial<Message> =>
  change('reaction', { message_id: target, ...(emoji === undefined ? {} : { emoji }) });
const edit = (target: string, body: string): Partial<Message> =>
  change('edit', { original_message_id: target, message: { type: 'text', text: { body } } });
const ids = (items: ReturnType<typeof relate>): string[] => items.map((item) => item.message.id);

describe('relate', () => {
  it('puts reactions under their message: the last of each side, none that was taken back', () => {
    const items = relate(
      thread(
        ['a', { direction: 'out' }],
        ['r1', reaction('w-a', '👍')],
        ['r2', reaction('w-a', '❤️')],
        ['b', {}],
        ['r3', reaction('w-b', '😂')],
        ['r4', reaction('w-b')],
        ['r5', { ...reaction('w-b', '🙏'), direction: 'out' }],
      ),
    );
    expect(items.map(({ message: { id }, marks }) => [id, marks.reactions])).toEqual([
      ['b', ['🙏']],
      ['a', ['❤️']],
    ]);
  });

  it('believes the server about reactions, which may know more than is loaded', () => {
    const [item] = relate(thread(['a', { reactions: [{ emoji: '🎉', direction: 'in' }] }]));
    expect(item?.marks.reactions).toEqual(['🎉']);
  });

  it('shows the last words of an edited message once, and keeps the first ones', () => {
    const [item, ...others] = relate(
      thread(['a', {}], ['e1', edit('w-a', 'second')], ['e2', edit('w-a', 'third')]),
    );
    expect(others).toEqual([]);
    expect(item?.message.content).toEqual({ body: 'third' });
    expect(item?.message.edited).toMatchObject({ times: 2, original: { body: 'text of a' } });
  });

  it('marks a deleted message and leaves out what deleted it', () => {
    const items = relate(thread(['a', {}], ['x', change('revoke', { original_message_id: 'w-a' })]));
    expect(ids(items)).toEqual(['a']);
    expect(items[0]?.message.revoked).toBeDefined();
  });

  it('shows a change whose message is not here, and one of ours that failed', () => {
    const failed: Partial<Message> = { ...reaction('w-a', '👍'), direction: 'out', status: 'failed' };
    const items = relate(thread(['r', reaction('unknown', '👍')], ['a', {}], ['f', failed]));
    expect(ids(items)).toEqual(['f', 'a', 'r']);
    expect(items.map(({ marks }) => marks.reactions)).toEqual([[], [], []]);
  });

  it('finds what a change refers to by the server’s own id', () => {
    const refersTo = { wamid: 'another form of it', messageId: 'a' };
    const items = relate(thread(['a', {}], ['r', { ...reaction('?', '👍'), refersTo }]));
    expect(items.map(({ marks }) => marks.reactions)).toEqual([['👍']]);
  });

  it('quotes what is loaded, else what the server told of it, else nothing but that there is something', () => {
    const quoted = { direction: 'out' as const, type: 'text', preview: 'Which size?' };
    const items = relate(
      thread(
        ['a', { direction: 'out' }],
        ['b', { raw: { context: { id: 'w-a' } } }],
        ['c', { context: { wamid: 'old', messageId: 'm', quoted } }],
        ['d', { raw: { context: { id: 'gone', forwarded: true } } }],
      ),
    );
    expect(items.map(({ marks: { quote } }) => quote && [quote.id, quote.direction, quote.preview])).toEqual([
      [null, null, null],
      [null, 'out', 'Which size?'],
      ['a', 'out', null],
      null,
    ]);
    expect(items[0]?.marks.forwarded).toBe('forwarded');
  });

  it('tells the product that is asked about', () => {
    const context = { id: 'w', referred_product: { catalog_id: '1', product_retailer_id: 'sku' } };
    expect(relate(thread(['a', { raw: { context } }]))[0]?.marks.product).toBe('sku');
  });
});

describe('referralOf', () => {
  it('reads the ad from the message or from what came, and no address of another protocol', () => {
    const referral = { headline: 'Cakes', source_url: 'javascript:alert(1)', source_type: 'ad' };
    const expected = { headline: 'Cakes', body: null, link: null, kind: 'ad' };
    expect(referralOf(message('a', 0, { referral }))).toEqual(expected);
    expect(referralOf(message('a', 0, { raw: { referral } }))).toEqual(expected);
    expect(referralOf(message('a', 0))).toBeNull();
  });
});

describe('sums and sizes', () => {
  const item = { name: 'x', quantity: 2, price: 10.5, currency: 'ILS' };

  it('adds an order only where one currency prices everything', () => {
    expect(orderTotal([item, { ...item, quantity: 1 }])).toEqual({ amount: 31.5, currency: 'ILS' });
    expect(orderTotal([item, { ...item, currency: 'USD' }])).toBeNull();
    expect(orderTotal([item, { ...item, price: null }])).toBeNull();
    expect(orderTotal([])).toBeNull();
  });

  it.each([
    [0, '0 byte'],
    [4_200, '4.2 kB'],
    [16_000_000, '16 MB'],
  ])('%d bytes', (bytes, expected) => {
    expect(fileSize(bytes, 'en')).toBe(expected);
  });
});
