import { MongoError } from '../errors.ts';
import { ELEMENT, parseFilter } from '../query/filter.ts';
import { elementMatches, matches } from '../query/matcher.ts';
import { compareBy } from '../query/sorting.ts';
import { toNumber } from '../values/numbers.ts';
import { type Found, MISSING } from '../values/paths.ts';
import {
  compareValues,
  type Document,
  isDocument,
  isNumber,
  sameValue,
  type Value,
} from '../values/values.ts';

/** The operators of updates that work on a whole array. Each takes what is there and gives what shall be. */
type ArrayOperator = (found: Found, operand: Value, path: string) => Found;

const ofType = (found: Found, operator: string, path: string, code = 2): Value[] => {
  if (Array.isArray(found)) return found;
  throw new MongoError(code, `Cannot apply ${operator}: the field '${path}' must be an array`);
};

function wholeNumber(value: Value, name: string): number {
  const number = isNumber(value) ? toNumber(value) : NaN;
  if (!Number.isInteger(number)) throw new MongoError(2, `The value for ${name} must be an integer value`);
  return number;
}

/** The list of `$each`, or the operand itself as the only element. */
function elementsOf(operand: Value, operator: string, modifiers: readonly string[]): Value[] {
  if (!isDocument(operand) || !('$each' in operand)) return [operand];
  const unknown = Object.keys(operand).find((name) => name !== '$each' && !modifiers.includes(name));
  if (unknown) throw new MongoError(2, `Unrecognized clause in ${operator}: ${unknown}`);
  const { $each: each } = operand;
  if (!Array.isArray(each)) throw new MongoError(2, `The argument to $each in ${operator} must be an array`);
  return each;
}

function push(found: Found, operand: Value, path: string): Value[] {
  const array = found === MISSING ? [] : [...ofType(found, '$push', path)];
  const elements = elementsOf(operand, '$push', ['$slice', '$sort', '$position']);
  const modifiers = isDocument(operand) && '$each' in operand ? operand : {};
  const position = '$position' in modifiers ? wholeNumber(modifiers['$position'], '$position') : array.length;
  array.splice(position, 0, ...elements);
  if ('$sort' in modifiers) array.sort(elementOrder(modifiers['$sort']));
  if (!('$slice' in modifiers)) return array;
  const slice = wholeNumber(modifiers['$slice'], '$slice');
  return slice >= 0 ? array.slice(0, slice) : array.slice(slice);
}

function elementOrder(sort: Value): (left: Value, right: Value) => number {
  if (isDocument(sort)) {
    const order = compareBy(sort);
    const asDocument = (value: Value): Document => (isDocument(value) ? value : {});
    return (left, right) => order(asDocument(left), asDocument(right));
  }
  const direction = isNumber(sort) ? toNumber(sort) : 0;
  if (direction !== 1 && direction !== -1) {
    throw new MongoError(2, 'The $sort element value must be either 1 or -1');
  }
  return (left, right) => direction * compareValues(left, right);
}

function addToSet(found: Found, operand: Value, path: string): Value[] {
  const array = found === MISSING ? [] : [...ofType(found, '$addToSet', path)];
  for (const element of elementsOf(operand, '$addToSet', [])) {
    if (!array.some((present) => sameValue(present, element))) array.push(element);
  }
  return array;
}

function pop(found: Found, operand: Value, path: string): Found {
  const end = isNumber(operand) ? toNumber(operand) : 0;
  if (end !== 1 && end !== -1) throw new MongoError(9, '$pop expects 1 or -1');
  if (found === MISSING) return MISSING;
  const array = ofType(found, '$pop', path, 14);
  return end === 1 ? array.slice(0, -1) : array.slice(1);
}

function pull(found: Found, operand: Value, path: string): Found {
  const unwanted = unwantedBy(operand);
  return found === MISSING ? MISSING : ofType(found, '$pull', path).filter((element) => !unwanted(element));
}

function unwantedBy(operand: Value): (element: Value) => boolean {
  if (!isDocument(operand)) return (element) => sameValue(element, operand);
  if (Object.keys(operand)[0]?.startsWith('$')) {
    const filter = parseFilter({ [ELEMENT]: operand });
    return (element) => elementMatches(element, filter, true);
  }
  const filter = parseFilter(operand);
  return (element) => isDocument(element) && matches(filter, element);
}

function pullAll(found: Found, operand: Value, path: string): Found {
  if (!Array.isArray(operand)) throw new MongoError(2, '$pullAll requires an array argument');
  if (found === MISSING) return MISSING;
  return ofType(found, '$pullAll', path).filter(
    (element) => !operand.some((value) => sameValue(element, value)),
  );
}

export const ARRAY_OPERATORS: Readonly<Record<string, ArrayOperator>> = {
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
};
