import { MongoError, refuse } from '../errors.ts';

/** What a clock in some zone shows. Months and days count from 1; weekday 1 is Sunday. */
export interface ClockParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly weekday: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  try {
    const options = {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    } as const;
    const formatter = new Intl.DateTimeFormat('en-US', {
      ...options,
      era: 'short',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(zone, formatter);
    return formatter;
  } catch {
    throw new MongoError(40485, `unrecognized time zone identifier: "${zone}"`);
  }
}

const FIXED_OFFSET = /^([+-])(\d{2}):?(\d{2})?$/;

const QUARTER = 15 * 60_000; // milliseconds; clocks are changed at quarters of an hour only
const MOST_KNOWN = 100_000;
const knownOffsets = new Map<string, number>();

/** Minutes by which a zone (a name of the tz database or a fixed offset) is ahead of UTC at a moment. */
export function offsetAt(time: number, zone: string | undefined): number {
  if (zone === undefined || zone === 'UTC' || zone === 'GMT' || zone === 'Z') return 0;
  const fixed = FIXED_OFFSET.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3] ?? 0));
  const key = `${zone} ${Math.floor(time / QUARTER)}`;
  const known = knownOffsets.get(key);
  if (known !== undefined) return known;
  if (knownOffsets.size >= MOST_KNOWN) knownOffsets.clear();
  const offset = readOffset(time, zone);
  knownOffsets.set(key, offset);
  return offset;
}

function readOffset(time: number, zone: string): number {
  const part = new Map(
    formatterOf(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, value]),
  );
  const number = (name: Intl.DateTimeFormatPartTypes): number => Number(part.get(name));
  const year = part.get('era') === 'BC' ? 1 - number('year') : number('year');
  const local = new Date(0);
  local.setUTCFullYear(year, number('month') - 1, number('day'));
  local.setUTCHours(number('hour'), number('minute'), number('second'));
  return Math.round((local.getTime() - Math.floor(time / 1_000) * 1_000) / 60_000);
}

export function partsAt(date: Date, zone: string | undefined): ClockParts {
  const local = new Date(date.getTime() + offsetAt(date.getTime(), zone) * 60_000);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
    weekday: local.getUTCDay() + 1,
  };
}

export function dayOfYear({ year, month, day }: ClockParts): number {
  return (
    Math.round(
      (Date.UTC(2000 + (year % 400), month - 1, day) - Date.UTC(2000 + (year % 400), 0, 1)) / 86_400_000,
    ) + 1
  );
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

function specifier(letter: string, parts: ClockParts, offset: number): string {
  switch (letter) {
    case 'Y':
      return pad(parts.year, 4);
    case 'm':
      return pad(parts.month, 2);
    case 'd':
      return pad(parts.day, 2);
    case 'H':
      return pad(parts.hour, 2);
    case 'M':
      return pad(parts.minute, 2);
    case 'S':
      return pad(parts.second, 2);
    case 'L':
      return pad(parts.millisecond, 3);
    case 'j':
      return pad(dayOfYear(parts), 3);
    case 'w':
      return String(parts.weekday);
    case 'u':
      return String(((parts.weekday + 5) % 7) + 1);
    case 'z':
      return `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60), 2)}${pad(Math.abs(offset) % 60, 2)}`;
    case 'Z':
      return String(offset);
    case '%':
      return '%';
    default:
      throw refuse(`The $dateToString format character %${letter}`);
  }
}

/** A date in the format of `$dateToString` (MongoDB manual: format specifiers). */
export function formatDate(date: Date, format: string | undefined, zone: string | undefined): string {
  const pattern = format ?? (zone === undefined ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L');
  const parts = partsAt(date, zone);
  const offset = offsetAt(date.getTime(), zone);
  return pattern.replace(/%(.)/g, (_match, letter: string) => specifier(letter, parts, offset));
}

/** The moment at which a zone's clock shows a time; of two (clocks set back) the first, in a gap the next. */
function momentOf(local: number, zone: string | undefined): Date {
  const candidates = [local - 86_400_000, local + 86_400_000].map(
    (near) => local - offsetAt(near, zone) * 60_000,
  );
  const exact = candidates.filter((time) => time + offsetAt(time, zone) * 60_000 === local);
  return new Date(exact.length > 0 ? Math.min(...exact) : Math.max(...candidates));
}

const WEEK_DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The beginning of the year, month, day … that a date lies in, by the clock of a zone. */
export function truncateDate(
  date: Date,
  unit: string,
  zone: string | undefined,
  startOfWeek = 'sunday',
): Date {
  const { year, month, day, minute, second, weekday } = partsAt(date, zone);
  const at = (...fields: [number, number, number, number?, number?, number?]): Date => {
    const local = new Date(0);
    local.setUTCFullYear(fields[0], fields[1] - 1, fields[2]);
    local.setUTCHours(fields[3] ?? 0, fields[4] ?? 0, fields[5] ?? 0);
    return momentOf(local.getTime(), zone);
  };
  switch (unit) {
    case 'year':
      return at(year, 1, 1);
    case 'quarter':
      return at(year, month - ((month - 1) % 3), 1);
    case 'month':
      return at(year, month, 1);
    case 'week': {
      const start = WEEK_DAYS.indexOf(startOfWeek.toLowerCase().slice(0, 3));
      if (start < 0) throw new MongoError(2, `$dateTrunc: unknown startOfWeek '${startOfWeek}'`);
      return at(year, month, day - ((weekday - 1 - start + 7) % 7));
    }
    case 'day':
      return at(year, month, day);
    // Within an hour the offset does not change: the moment itself is cut, so that a repeated hour stays two hours.
    case 'hour':
      return new Date(date.getTime() - date.getUTCMilliseconds() - 1_000 * (second + 60 * minute));
    case 'minute':
      return new Date(date.getTime() - date.getUTCMilliseconds() - 1_000 * second);
    case 'second':
      return new Date(date.getTime() - date.getUTCMilliseconds());
    default:
      throw new MongoError(9, `$dateTrunc: unknown unit '${unit}'`);
  }
}
