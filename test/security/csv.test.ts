/** T-CT: CSV formula injection. */
import { describe, expect, it } from '@jest/globals';

import { csvLine } from '../../src/http/csv.ts';

describe('T-CT: CSV formula injection', () => {
  it.each([
    '=1+1',
    "+1+cmd|' /C calc'!A0",
    '-2+3+cmd',
    '@SUM(A1:A9)',
    '|calc',
    '%0A=1',
    '\t=1',
    '\r=1',
    '\n=1',
    '  =HYPERLINK("https://evil.example","click")',
    '\u00a0=1',
    '\u200b=1',
    '\u202e=1',
    '＝1+1',
    '＠SUM(1)',
  ])('a cell that begins like a formula is text: %j', (cell) => {
    expect(csvLine([cell])).toBe(`"'${cell.replaceAll('"', '""')}"\r\n`);
  });

  it.each(['plain', 'שלום', 'a=b', 'a@b.example', '-5', '-5.25', '12', ''])('%j stays as it is', (cell) => {
    expect(csvLine([cell])).toBe(`"${cell}"\r\n`);
  });

  it('quotes, separators and line ends stay in their cell', () => {
    expect(csvLine(['a"b', 'c,d;e\tf', 'g\r\nh'])).toBe('"a""b","c,d;e\tf","g\r\nh"\r\n');
  });

  it('knows numbers, truth, time and nothing', () => {
    const at = new Date('2026-11-23T04:00:00Z');
    expect(csvLine([1, -2.5, true, at, null, undefined])).toBe(
      '1,-2.5,true,"2026-11-23T04:00:00.000Z",,\r\n',
    );
  });

  it('drops NUL, at which some programs stop reading', () => {
    expect(csvLine(['a\0=1'])).toBe('"a=1"\r\n');
    expect(csvLine(['\0=1'])).toBe('"\'=1"\r\n');
  });
});
