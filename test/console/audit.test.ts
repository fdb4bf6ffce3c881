/** The audit page's filter and its files. */
import { describe, expect, it } from '@jest/globals';

import type { Api } from '../../console/api/client.ts';
import { allEntries, type AuditEntry, auditPath, NO_FILTER } from '../../console/audit/entries.ts';
import { asCsv, asJsonLines } from '../../console/audit/export.ts';
import { actionWords } from '../../console/audit/words.ts';

const entry = (seq: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id: `aud_${seq}`,
  seq,
  at: '2026-11-23T04:00:00.000Z',
  actor: 'user:usr_1',
  staff: false,
  action: 'content.viewed',
  objects: ['cnv_1', 'cnv_2'],
  outcome: 'allowed',
  reason: null,
  details: {},
  address: 'public-v4',
  requestId: null,
  previous: '0',
  hash: '1',
  ...more,
});

describe('the audit page', () => {
  it('asks for what is typed, and for times of this device in UTC', () => {
    const typed = { ...NO_FILTER, action: 'key.', object: ' key_1 ', from: '2026-11-23T06:00' };
    const query = new URL(auditPath(typed, 'next'), 'http://gateway').searchParams;
    expect(Object.fromEntries(query)).toEqual({
      limit: '50',
      action: 'key.',
      object: 'key_1',
      from: new Date('2026-11-23T06:00').toISOString(),
      cursor: 'next',
    });
    expect(auditPath(NO_FILTER, null)).toBe('/v1/audit?limit=50');
  });

  it('exports all pages', async () => {
    const asked: string[] = [];
    const api: Pick<Api, 'request'> = {
      request: async <Answer>(path: string) => {
        asked.push(path);
        const isFirst = !path.includes('cursor');
        return { items: [entry(isFirst ? 2 : 1)], nextCursor: isFirst ? 'two' : null } as Answer;
      },
    };
    const { entries, more } = await allEntries(api, NO_FILTER);
    expect(entries.map(({ seq }) => seq)).toEqual([2, 1]);
    expect(more).toBe(false);
    expect(asked.length).toBe(2);
  });

  it('T-CT: CSV formula injection: a reason that begins like a formula is text', () => {
    const [, head, line] =
      /^\uFEFF([^\r]+)\r\n([^\r]+)\r\n$/.exec(asCsv([entry(1, { reason: '=1+1' })])) ?? [];
    expect(head).toBe(
      '"seq","at","actor","staff","action","outcome","objects","reason","details","address","requestId","id","previous","hash"',
    );
    expect(line).toContain(`,"cnv_1 cnv_2","'=1+1",`);
  });

  it('exports JSON lines', () => {
    const lines = asJsonLines([entry(1), entry(2)])
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as AuditEntry).seq)).toEqual([1, 2]);
  });

  it('says actions in both languages, and unknown ones by their own word', () => {
    expect(actionWords('content.viewed', 'en')).toBe('Looked at content');
    expect(actionWords('content.viewed', 'he')).toBe('צפייה בתוכן');
    expect(actionWords('new.thing', 'he')).toBe('new.thing');
  });
});
