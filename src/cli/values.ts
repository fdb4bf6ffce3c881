/** Values of options: how their text is read. */
import { InvalidArgumentError } from 'commander';

/** A date, or a time with its zone: without one it would mean another moment on another machine. */
export function time(text: string): Date {
  const value = new Date(text);
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) && !isNaN(+value)) {
    return value;
  }
  throw new InvalidArgumentError('It must be a date, or a time with its zone, like 2026-11-22T09:30Z.');
}

/** Of things that are listed at once. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1_000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  }
  return value;
}
