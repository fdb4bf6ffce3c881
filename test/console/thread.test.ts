import { describe, expect, it } from '@jest/globals';

import type { Message } from '../../console/api/types.ts';
import { rawContent, viewContent } from '../../console/thread/content.ts';
import { createDrafts } from '../../console/thread/drafts.ts';
import { splitLinks } from '../../console/thread/links.ts';
import { relate } from '../../console/thread/relations.ts';
import { charactersLeft } from '../../console/thread/text-limit.ts';
import { threadDays } from '../../console/thread/thread-days.ts';
import { daysAgo, listTime } from '../../console/ui/time.ts';
import { memoryStorage, message } from './support.ts';

const of = (type: string, content: unknown, fields: Partial<Message> = {}): Message =>
  message('m', 1, { type, content: content as Record<string, unknown>, ...fields });

describe('viewContent', () => {
  it.each([
    ['text', { body: 'שלום' }, { kind: 'text', text: 'שלום' }],
    ['image', { id: '1', caption: 'the gate' }, { kind: 'image', text: 'the gate' }],
    [
      'document',
      { filename: 'a.pdf', caption: 'signed' },
      { kind: 'document', title: 'a.pdf', text: 'signed' },
    ],
    ['audio', { id: '1', voice: true }, { kind: 'voice' }],
    ['audio', { id: '1' }, { kind: 'audio' }],
    ['location', { latitude: 0, longitude: 34.7 }, { kind: 'location', text: '0, 34.7' }],
    ['location', { latitude: 1, longitude: 2, name: 'N', address: 'A' }, { title: 'N', text: 'A' }],
    ['contacts', [{ name: { formatted_name: 'Dana' } }, {}], { kind: 'contacts', title: 'Dana' }],
    ['contacts', { contacts: [{ name: { formatted_name: 'Dana' } }] }, { title: 'Dana' }],
    ['button', { text: 'Yes', payload: 'y' }, { kind: 'button', text: 'Yes' }],
    [
      'interactive',
      { type: 'list_reply', list_reply: { id: '1', title: 'Sunday' } },
      { kind: 'button', text: 'Sunday' },
    ],
    [
      'interactive',
      {
        type: 'nfm_reply',
        nfm_reply: { body: 'Sent', response_json: '{"flow_token":"t","size":"M","rooms":[1]}' },
      },
      {
        kind: 'form',
        text: 'Sent',
        answers: [
          ['size', 'M'],
          ['rooms', '[1]'],
        ],
      },
    ],
    ['interactive', { nfm_reply: { response_json: 'not JSON' } }, { kind: 'form', answers: [] }],
    ['interactive', { nfm_reply: { response_json: '"a text"' } }, { kind: 'form', answers: [] }],
    ['interactive', { call_permission_reply: { response: 'reject' } }, { kind: 'call', rawKind: 'reject' }],
    ['interactive', { type: 'new_kind' }, { kind: 'unsupported', rawKind: 'new_kind' }],
    [
      'interactive',
      {
        body: { text: 'Look' },
        header: { type: 'text', text: 'Menu' },
        footer: { text: 'small' },
        action: { parameters: { display_text: 'Open', url: 'https://a.example/' } },
      },
      {
        title: 'Menu',
        footer: 'small',
        choices: [{ title: 'Open', detail: null, link: 'https://a.example/' }],
      },
    ],
    [
      'interactive',
      { body: { text: 'x' }, action: { parameters: { display_text: 'Open', url: 'javascript:alert(1)' } } },
      { choices: [{ title: 'Open', detail: null, link: null }] },
    ],
    [
      'order',
      { product_items: [{ product_retailer_id: 'sku', quantity: 2, item_price: 19.9, currency: 'ILS' }] },
      { kind: 'order', order: [{ name: 'sku', quantity: 2, price: 19.9, currency: 'ILS' }] },
    ],
    [
      'contacts',
      { contacts: [{ phones: [{ phone: '+44 1' }], emails: [{ email: 'a@b.example' }] }] },
      { people: [{ name: null, detail: null, phones: ['+44 1'], emails: ['a@b.example'] }] },
    ],
    ['location', { latitude: 91, longitude: 2 }, { place: null }],
    ['location', { latitude: '0', longitude: 34.7 }, { place: { latitude: 0, longitude: 34.7 } }],
    [
      'system',
      { type: 'user_changed_number', body: 'x' },
      { kind: 'system', rawKind: 'user_changed_number' },
    ],
    [
      'interactive',
      { body: { text: 'Which?' }, action: { sections: [{ rows: [{ title: 'A' }, { title: 'B' }] }] } },
      { kind: 'interactive', text: 'Which?', choices: [{ title: 'A' }, { title: 'B' }] },
    ],
    ['reaction', { message_id: 'x', emoji: '👍' }, { kind: 'reaction', emoji: '👍' }],
    ['reaction', { message_id: 'x' }, { kind: 'reaction', emoji: null }],
    [
      'edit',
      { original_message_id: 'x', message: { type: 'text', text: { body: 'new' } } },
      { kind: 'edit', text: 'new' },
    ],
    ['template', { name: 'welcome' }, { kind: 'template', title: 'welcome', text: null }],
    [
      'template',
      {
        name: 'ready',
        components: [
          {
            type: 'body',
            parameters: [
              { type: 'text', text: 'דנה' },
              { type: 'currency', currency: { fallback_value: '85 ₪' } },
            ],
          },
        ],
      },
      { title: 'ready', text: 'דנה\n85 ₪' },
    ],
  ])('%s %j', (type, content, expected) => {
    expect(viewContent(of(type, content))).toMatchObject(expected);
  });

  it('says that a message was erased, whatever it was', () => {
    expect(viewContent(of('text', {}, { erased: true }))).toMatchObject({ kind: 'erased', text: null });
  });

  it('never drops a type that it does not know', () => {
    expect(viewContent(of('hologram', {}))).toMatchObject({ kind: 'unsupported', rawKind: 'hologram' });
    const poll = of('unsupported', {}, { raw: { unsupported: { type: 'poll_creation' } } });
    expect(viewContent(poll)).toMatchObject({ kind: 'unsupported', rawKind: 'poll_creation' });
  });

  it.each(['image', 'contacts', 'interactive', 'location', 'order', 'edit'])(
    'is not broken by a %s of a strange shape',
    (type) => {
      const strange = [{}, { action: 5, body: null, contacts: 'x', caption: {} }, [null, 7]];
      for (const content of strange) expect(viewContent(of(type, content)).text).toBeNull();
    },
  );
});

describe('rawContent', () => {
  it('is there for all but plain text', () => {
    expect(rawContent(of('text', { body: 'x' }))).toBeNull();
    expect(rawContent(of('image', { id: '1' }))).toBe('{\n  "id": "1"\n}');
    expect(rawContent(of('hologram', {}, { raw: { angle: 3 } }))).toContain('"angle": 3');
  });
});

describe('splitLinks', () => {
  it.each([
    ['no address', ['no address']],
    ['see https://a.example/x?y=1#z.', ['see ', 'https://a.example/x?y=1#z', '.']],
    ['ראו (https://a.example/דף) תודה', ['ראו (', 'https://a.example/דף', ') תודה']],
    ['http://a.example\nhttps://b.example', ['http://a.example', '\n', 'https://b.example']],
    ['javascript:alert(1) ftp://x', ['javascript:alert(1) ftp://x']],
  ])('%j', (text, expected) => {
    const parts = splitLinks(text);
    expect(parts.map((part) => part.text)).toEqual(expected);
    expect(parts.filter((part) => part.kind === 'link').every((part) => /^https?:/.test(part.text))).toBe(
      true,
    );
  });
});

describe('charactersLeft', () => {
  it.each([
    ['short', null],
    ['x'.repeat(3_595), null],
    ['x'.repeat(3_596), 500],
    ['x'.repeat(4_097), -1],
    ['😀'.repeat(4_096), 0],
    ['😀'.repeat(2_500), null],
  ])('%#', (text, expected) => {
    expect(charactersLeft(text)).toBe(expected);
  });
});

describe('threadDays', () => {
  it('separates local days and groups one side within five minutes', () => {
    const moment = (day: number, minute: number): string => new Date(2026, 10, day, 12, minute).toISOString();
    const old = message('m1', 0, { timestamp: moment(20, 0) });
    const first = message('m2', 0, { timestamp: moment(21, 0) });
    const second = message('m3', 0, { timestamp: moment(21, 5) });
    const ours = message('m4', 0, { timestamp: moment(21, 6), direction: 'out' });
    const later = message('m5', 0, { timestamp: moment(21, 20), direction: 'out' });
    const days = threadDays(relate([later, ours, second, first, old]));
    expect(days.map((day) => day.day)).toEqual(['2026-11-20', '2026-11-21']);
    const marks = days[1]?.entries.map((entry) => [entry.message.id, entry.startsGroup, entry.endsGroup]);
    expect(marks).toEqual([
      ['m2', true, false],
      ['m3', false, true],
      ['m4', true, true],
      ['m5', true, true],
    ]);
  });
});

describe('times', () => {
  const noon = new Date(2026, 10, 22, 12);

  it('count days by local midnight, not by 24 hours', () => {
    expect(daysAgo(new Date(2026, 10, 22, 0, 1), noon)).toBe(0);
    expect(daysAgo(new Date(2026, 10, 21, 23, 59), noon)).toBe(1);
    expect(daysAgo(new Date(2026, 9, 22, 23, 59), noon)).toBe(31);
  });

  it.each([
    [new Date(2026, 10, 22, 9, 5), '09:05'],
    [new Date(2026, 10, 21, 9, 5), 'Yesterday'],
    [new Date(2026, 10, 18, 9, 5), 'Wed'],
    [new Date(2026, 10, 1, 9, 5), '11/1/26'],
  ])('in a row: %s', (time, expected) => {
    expect(listTime(time, noon, 'en-US', 'Yesterday')).toBe(expected);
  });
});

describe('drafts', () => {
  it('survive, per conversation, and leave nothing when empty', () => {
    const storage = memoryStorage();
    const drafts = createDrafts(storage, 'drafts');
    drafts.write('c1', 'begun');
    drafts.add('c1', 'more');
    drafts.add('c2', 'other');
    drafts.write('c2', '');
    expect(createDrafts(storage, 'drafts').texts.get()).toEqual({ c1: 'begun\nmore' });
  });
});
