import { Decimal128, Double, Int32, Long } from 'bson';

import { MongoError, refuse } from '../errors.ts';

export type NumberValue = Int32 | Double | Long | Decimal128;

/**
 * Numbers of all four BSON types are compared as what they are worth. Each is split into the largest
 * double that is not above its magnitude, and the rest: '' for what a double holds exactly, else the exact
 * remainder as text whose order is the order of the remainders (`<exponent><digits>`). Index keys are
 * written from the same parts, so that index order and comparison cannot disagree.
 */
export interface NumberParts {
  readonly negative: boolean;
  readonly base: number;
  readonly rest: string;
}

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const EXPONENT_OFFSET = 20_000;
const scratch = new DataView(new ArrayBuffer(8));

/** The exact decimal value of a finite, non-negative double: m·2^k is m·5^-k·10^k for a negative k. */
function decimalOfDouble(value: number): Decimal {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigUint64(0);
  const exponentBits = Number(bits >> 52n) & 0x7ff;
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponentBits === 0 ? fraction : fraction | 0x10000000000000n;
  const power = (exponentBits === 0 ? 1 : exponentBits) - 1075;
  return power >= 0
    ? { digits: mantissa << BigInt(power), exponent: 0 }
    : { digits: mantissa * 5n ** BigInt(-power), exponent: power };
}

/** left - right as an exact decimal. */
function subtract(left: Decimal, right: Decimal): Decimal {
  const exponent = Math.min(left.exponent, right.exponent);
  const scaled = ({ digits, exponent: from }: Decimal): bigint => digits * 10n ** BigInt(from - exponent);
  return { digits: scaled(left) - scaled(right), exponent };
}

function previousDouble(value: number): number {
  scratch.setFloat64(0, value);
  scratch.setBigUint64(0, scratch.getBigUint64(0) - 1n);
  return scratch.getFloat64(0);
}

function restText({ digits, exponent }: Decimal): string {
  const text = digits.toString();
  const magnitude = String(text.length + exponent + EXPONENT_OFFSET).padStart(6, '0');
  return magnitude + text.replace(/(?<!0)0+$/, '');
}

function partsOfDecimal(negative: boolean, exact: Decimal): NumberParts {
  let base = Math.min(Number(`${exact.digits}e${exact.exponent}`), Number.MAX_VALUE);
  let rest = subtract(exact, decimalOfDouble(base));
  if (rest.digits < 0n) {
    base = previousDouble(base);
    rest = subtract(exact, decimalOfDouble(base));
  }
  return { negative, base, rest: rest.digits === 0n ? '' : restText(rest) };
}

const partsOfDouble = (value: number): NumberParts => ({
  negative: value < 0,
  base: Math.abs(value),
  rest: '',
});

function partsOfDecimal128(value: Decimal128): NumberParts {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.toString());
  if (!match) return partsOfDouble(Number(value.toString()));
  const [, sign, whole = '0', fraction = '', exponent = '0'] = match;
  return partsOfDecimal(sign === '-', {
    digits: BigInt(whole + fraction),
    exponent: Number(exponent) - fraction.length,
  });
}

export function partsOf(value: NumberValue): NumberParts {
  if (value instanceof Int32 || value instanceof Double) return partsOfDouble(value.value);
  if (value instanceof Decimal128) return partsOfDecimal128(value);
  const number = value.toNumber();
  if (Number.isSafeInteger(number)) return partsOfDouble(number);
  const exact = value.toBigInt();
  return partsOfDecimal(exact < 0n, { digits: exact < 0n ? -exact : exact, exponent: 0 });
}

/** Not a number sorts below every number and equals itself; -0 equals 0. */
export function compareNumbers(left: NumberValue, right: NumberValue): number {
  const a = partsOf(left);
  const b = partsOf(right);
  if (Number.isNaN(a.base) || Number.isNaN(b.base)) {
    return Number(Number.isNaN(b.base)) - Number(Number.isNaN(a.base));
  }
  const sign = signOf(a);
  if (sign !== signOf(b)) return sign - signOf(b);
  if (a.base !== b.base) return a.base < b.base ? -sign : sign;
  if (a.rest !== b.rest) return a.rest < b.rest ? -sign : sign;
  return 0;
}

export function signOf({ negative, base, rest }: NumberParts): number {
  if (base === 0 && rest === '') return 0;
  return negative ? -1 : 1;
}

const INT32_MAX = 0x7fffffff;

/** The result of integer arithmetic: 32 bits if both operands had them and the result has, else 64, else an error. */
function integerResult(exact: bigint, wide: boolean, what: string): NumberValue {
  if (!wide && exact >= BigInt(-INT32_MAX - 1) && exact <= BigInt(INT32_MAX)) return new Int32(Number(exact));
  if (BigInt.asIntN(64, exact) !== exact) {
    throw new MongoError(2, `Failed to apply ${what}: the result leaves 64 bits`);
  }
  return Long.fromBigInt(exact);
}

const integerOf = (value: Int32 | Long): bigint =>
  value instanceof Int32 ? BigInt(value.value) : value.toBigInt();

/** left + right or left * right with MongoDB's result types; `what` names the operation in errors. */
export function calculate(
  operation: 'add' | 'multiply',
  left: NumberValue,
  right: NumberValue,
  what: string,
): NumberValue {
  if (left instanceof Decimal128 || right instanceof Decimal128) throw refuse(`${what} with Decimal128`);
  if (left instanceof Double || right instanceof Double) {
    const [a, b] = [toNumber(left), toNumber(right)];
    return new Double(operation === 'add' ? a + b : a * b);
  }
  const [a, b] = [integerOf(left), integerOf(right)];
  const wide = left instanceof Long || right instanceof Long;
  return integerResult(operation === 'add' ? a + b : a * b, wide, what);
}

/** The nearest JavaScript number. */
export function toNumber(value: NumberValue): number {
  if (value instanceof Int32 || value instanceof Double) return value.value;
  const { negative, base } = partsOf(value);
  return negative ? -base : base;
}

/** A JavaScript number as the narrowest BSON number: whole numbers as integers, else a double. */
export function fromNumber(value: number): NumberValue {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return new Double(value);
  return Math.abs(value) <= INT32_MAX ? new Int32(value) : Long.fromNumber(value);
}
