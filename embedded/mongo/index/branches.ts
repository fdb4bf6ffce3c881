import type { FieldTest, Filter } from '../query/filter.ts';
import { matches } from '../query/matcher.ts';
import { sameValue, typeOf, type Value } from '../values/values.ts';

/** The conditions of one way to satisfy a filter: all of them hold for every document that matches this way. */
export type Branch = ReadonlyMap<string, readonly FieldTest[]>;

const MOST_BRANCHES = 64;

/**
 * The ways to satisfy a filter. `$or` below `$and` is multiplied out; beyond 64 ways, and for conditions that say
 * nothing about an index (`$not`, `$expr`), the condition is left out, which only makes the branches wider.
 */
export function branchesOf(filter: Filter): Branch[] {
  return ways(filter).map((tests) => {
    const branch = new Map<string, FieldTest[]>();
    for (const { path, test } of tests) branch.set(path, [...(branch.get(path) ?? []), test]);
    return branch;
  });
}

interface PathTest {
  readonly path: string;
  readonly test: FieldTest;
}

function ways(filter: Filter): PathTest[][] {
  switch (filter.kind) {
    case 'field':
      return [[{ path: filter.path, test: filter.test }, ...insideElements(filter.path, filter.test)]];
    case 'and':
      return filter.of.reduce<PathTest[][]>((all, part) => multiply(all, ways(part)), [[]]);
    case 'or': {
      const all = filter.of.flatMap(ways);
      return all.length > MOST_BRANCHES ? [[]] : all;
    }
    case 'not':
      return [[...isNull(filter.of)]];
    case 'expression':
      return [[]];
  }
}

/** `$exists: false` is stored in an index as null. */
function isNull(filter: Filter): PathTest[] {
  if (filter.kind !== 'field' || filter.test.op !== '$exists') return [];
  return [{ path: filter.path, test: { op: '$eq', value: null } }];
}

/** Conditions on the elements of an array are conditions on the paths through the array. */
function insideElements(path: string, test: FieldTest): PathTest[] {
  if (test.op !== '$elemMatch') return [];
  const [inner = []] = ways(test.filter);
  const single = ways(test.filter).length === 1;
  if (!single) return [];
  return inner.map((item) => ({ path: test.onValue ? path : `${path}.${item.path}`, test: item.test }));
}

const multiply = (left: PathTest[][], right: PathTest[][]): PathTest[][] =>
  left.length * right.length > MOST_BRANCHES ? left : left.flatMap((a) => right.map((b) => [...a, ...b]));

/** Whether every document that satisfies the branch satisfies the filter of a partial index. */
export function implies(branch: Branch, filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((part) => implies(branch, part));
    case 'or':
      return filter.of.some((part) => implies(branch, part));
    case 'field':
      return (branch.get(filter.path) ?? []).some((test) => testImplies(test, filter.test, filter));
    case 'not':
    case 'expression':
      return false;
  }
}

function testImplies(test: FieldTest, wanted: FieldTest, filter: Filter & { kind: 'field' }): boolean {
  if (wanted.op === '$exists') return excludesNull(test);
  if (test.op === '$eq') return fulfils(test.value, wanted, filter);
  if (test.op === '$in') {
    return test.patterns.length === 0 && test.values.every((value) => fulfils(value, wanted, filter));
  }
  if (!('value' in test) || !('value' in wanted)) return false;
  // A range within a range: the same direction, and the bound itself lies in the wanted range.
  if (test.op[1] !== wanted.op[1] || typeOf(test.value) !== typeOf(wanted.value)) return false;
  if (sameValue(test.value, wanted.value)) return test.op === wanted.op || wanted.op.endsWith('e');
  return fulfils(test.value, wanted, filter);
}

/** Whether having this value is enough. A null may stand for a missing field, an array for its elements. */
function fulfils(value: Value, wanted: FieldTest, filter: Filter & { kind: 'field' }): boolean {
  if (wanted.op === '$eq') return sameValue(value, wanted.value);
  if (value === null || Array.isArray(value)) return false;
  return matches({ ...filter, path: 'v', parts: ['v'] }, { v: value });
}

/** Whether a document without the field, or with null in it, cannot satisfy the test. */
export function excludesNull(test: FieldTest): boolean {
  switch (test.op) {
    case '$exists':
    case '$size':
    case '$elemMatch':
    case '$mod':
    case '$regex':
    case '$type':
      return true;
    case '$in':
      return test.values.every((value) => value !== null);
    default:
      return test.value !== null;
  }
}
