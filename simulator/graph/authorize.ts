import type { Request } from 'express';

import type { BusinessNumber } from '../settings.ts';
import { GraphError } from './errors.ts';
import { findToken, hasToken, isUsable } from './number-state.ts';

/** Meta does not tell a wrong id from one that the token may not see. */
export function unknownObject(id: string): GraphError {
  const details =
    `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
    'or does not support this operation';
  return new GraphError(100, { subcode: 33, details });
}

/** @throws GraphError 104 without a token, 190 for a token of nobody, or one that has ended */
export function tokenOf(request: Request, numbers: ReadonlyMap<string, BusinessNumber>): string {
  const [scheme = '', token = ''] = (request.get('authorization') ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '') throw new GraphError(104);
  const known = findToken(numbers.values(), token);
  if (!known || !isUsable(known, Date.now())) throw new GraphError(190);
  return token;
}

/**
 * The number of the path, if the request's token may use it.
 * @throws GraphError 104, 190, or 100 with subcode 33
 */
export function authorizeNumber(
  request: Request,
  numbers: ReadonlyMap<string, BusinessNumber>,
  phoneNumberId: string,
): BusinessNumber {
  const token = tokenOf(request, numbers);
  const number = numbers.get(phoneNumberId);
  if (number === undefined || !hasToken(number, token)) throw unknownObject(phoneNumberId);
  return number;
}

/** The numbers that the request's token may use. @throws GraphError 104 or 190 */
export function numbersOf(request: Request, numbers: ReadonlyMap<string, BusinessNumber>): BusinessNumber[] {
  const token = tokenOf(request, numbers);
  return [...numbers.values()].filter((number) => hasToken(number, token));
}

/** Checks that the request's token may use the WABA. @throws GraphError as above */
export function authorizeAccount(
  request: Request,
  numbers: ReadonlyMap<string, BusinessNumber>,
  wabaId: string,
): void {
  const token = tokenOf(request, numbers);
  const owned = [...numbers.values()].some((number) => number.wabaId === wabaId && hasToken(number, token));
  if (!owned) throw unknownObject(wabaId);
}
