/** Local days and times, in the language of the screen. All take the present as an argument. */

const DAY_MS = 86_400_000;

/** The local calendar day as a sortable text, e.g. `2026-11-22`. */
export function localDay(time: Date): string {
  const pad = (part: number): string => String(part).padStart(2, '0');
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
}

/** Whole calendar days between two moments, by local midnight: 0 = the same day, 1 = the day before. */
export function daysAgo(time: Date, now: Date): number {
  const midnight = (moment: Date): number =>
    Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate());
  return Math.round((midnight(now) - midnight(time)) / DAY_MS);
}

export function clockTime(time: Date, language: string): string {
  return format(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(time);
}

/** Time, day and date in full, for tooltips. */
export function fullTime(time: Date, language: string): string {
  return format(language, { dateStyle: 'full', timeStyle: 'medium' }).format(time);
}

/** To the second, for tables. */
export function exactTime(time: Date, language: string): string {
  return format(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(time);
}

/** For a list row: the clock today, "yesterday", the weekday within a week, else the date. */
export function listTime(time: Date, now: Date, language: string, yesterday: string): string {
  const age = daysAgo(time, now);
  if (age <= 0) return clockTime(time, language);
  if (age === 1) return yesterday;
  if (age < 7) return format(language, { weekday: 'short' }).format(time);
  return format(language, { day: 'numeric', month: 'numeric', year: '2-digit' }).format(time);
}

/** For a day separator: "today", "yesterday", else weekday and date, with the year if it is another. */
export function dayTitle(
  time: Date,
  now: Date,
  language: string,
  words: { today: string; yesterday: string },
): string {
  const age = daysAgo(time, now);
  if (age <= 0) return words.today;
  if (age === 1) return words.yesterday;
  const sameYear = time.getFullYear() === now.getFullYear();
  return format(language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(time);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats are slow to make and are asked for by every row. */
function format(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${language} ${JSON.stringify(options)}`;
  const known = formats.get(name) ?? new Intl.DateTimeFormat(language, options);
  formats.set(name, known);
  return known;
}
