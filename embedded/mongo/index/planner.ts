import type { Filter } from '../query/filter.ts';
import { prefixOf, type Range, startingWith } from '../storage/storage.ts';
import { encodeValue, isStorable } from '../values/keys.ts';
import {
  indexable,
  intersect,
  type Interval,
  intervalsOf,
  isPoint,
  mergeRanges,
  pointBytes,
  toRange,
} from './bounds.ts';
import { type Branch, branchesOf, excludesNull, implies } from './branches.ts';
import type { Index } from './description.ts';
import type { OrderedField } from './entries.ts';

/** A scan of parts of one index. Each group is in index order; groups are merged by what follows their prefix. */
export interface IndexScan {
  readonly index: Index;
  readonly groups: readonly { readonly prefixLength: number; readonly ranges: readonly Range[] }[];
  /** In place of groups: encoded `_id`s in their order, to be read one by one. */
  readonly ids?: readonly Buffer[];
  readonly reverse: boolean;
  /** A document may have several entries, so what was seen must be remembered. */
  readonly repeats: boolean;
}

/** How documents that may match are found. `sorted`: they come in the wanted order. */
export interface Plan {
  readonly scans: readonly IndexScan[] | 'collection';
  readonly sorted: boolean;
}

const MOST_POINTS = 2_000; // combinations of values of leading fields that one scan visits
const MOST_RANGES = 50_000;
const MOST_GROUPS = 200; // sorted ranges that are merged into one order

/** The bounds that one branch has on one index. */
interface Bounds {
  /** The bytes of each combination of the leading fields that have only single values, with the lengths per field. */
  readonly prefixes: readonly { readonly bytes: Buffer; readonly ends: readonly number[] }[];
  readonly pointFields: number;
  /** The intervals of the field behind them. */
  readonly last: readonly Interval[] | undefined;
  /** Leading fields with exactly one value. */
  readonly constant: ReadonlySet<string>;
}

/** Chooses how to find what a filter wants. `only` are the names of indexes that a hint allows. */
export function plan(
  filter: Filter,
  sort: readonly OrderedField[],
  indexes: readonly Index[],
  only?: string,
): Plan {
  if (only === '$natural') return { scans: 'collection', sorted: sort.length === 0 };
  const direct = only === undefined || only === '_id_' ? byIds(filter, sort, indexes) : undefined;
  if (direct) return direct;
  const branches = branchesOf(filter);
  if (branches.length === 0) return { scans: [], sorted: true };
  const usable = indexes.filter(({ name }) => only === undefined || name === only);
  const candidates = usable.flatMap((index) => candidate(index, branches, sort) ?? []);
  const best = candidates.reduce<Candidate | undefined>(
    (top, next) => (!top || next.score > top.score ? next : top),
    undefined,
  );
  const split = branches.length > 1 ? perBranch(usable, branches) : undefined;
  if (split && split.score > (best?.score ?? 0)) return { scans: split.scans, sorted: sort.length === 0 };
  if (!best || (best.score <= 0 && only === undefined)) {
    return { scans: 'collection', sorted: sort.length === 0 };
  }
  return { scans: [best.scan], sorted: best.sorted };
}

/** A filter that names `_id`s needs no index: no other one could lead to fewer documents. */
function byIds(filter: Filter, sort: readonly OrderedField[], indexes: readonly Index[]): Plan | undefined {
  const ids = idsIn(filter);
  const index = indexes.find(({ name }) => name === '_id_');
  if (!ids || !index) return undefined;
  const [first] = sort;
  const sorted = !first || first.path === '_id' || ids.length <= 1;
  const reverse = first?.path === '_id' && first.direction === -1;
  return { scans: [{ index, groups: [], ids, reverse, repeats: false }], sorted };
}

/** The encoded `_id`s that a condition leaves, in their order and each once. */
function idsIn(filter: Filter): Buffer[] | undefined {
  if (filter.kind === 'and') {
    for (const part of filter.of) {
      const ids = idsIn(part);
      if (ids) return ids;
    }
    return undefined;
  }
  if (filter.kind !== 'field' || filter.path !== '_id') return undefined;
  const { test } = filter;
  if (test.op === '$eq') {
    return indexable(test.value) ? [encodeValue(test.value)].filter(isStorable) : undefined;
  }
  if (test.op !== '$in' || test.patterns.length > 0 || !test.values.every(indexable)) return undefined;
  return Array.from([...test.keys].sort(), (text) => Buffer.from(text, 'latin1')).filter(isStorable);
}

interface Candidate {
  readonly scan: IndexScan;
  readonly score: number;
  readonly sorted: boolean;
}

/** The best index for each branch alone; nothing if one branch has none. */
function perBranch(
  indexes: readonly Index[],
  branches: readonly Branch[],
): { scans: IndexScan[]; score: number } | undefined {
  const scans: IndexScan[] = [];
  let score = Infinity;
  for (const branch of branches) {
    const ranked = indexes
      .flatMap((index) => candidate(index, [branch], []) ?? [])
      .sort((a, b) => b.score - a.score);
    const [best] = ranked;
    if (!best || best.score <= 0) return undefined;
    scans.push({ ...best.scan, repeats: true });
    score = Math.min(score, best.score);
  }
  return { scans, score };
}

function candidate(
  index: Index,
  branches: readonly Branch[],
  sort: readonly OrderedField[],
): Candidate | undefined {
  if (!branches.every((branch) => isComplete(index, branch))) return undefined;
  const bounds = branches.map((branch) => boundsOf(index, branch));
  const order = sort.length === 0 ? undefined : alignment(index, bounds, sort);
  const score = Math.min(...bounds.map((each) => scoreOf(index, each))) + (order ? 5 : 0);
  const groups = groupRanges(index, bounds, order?.skip ?? 0);
  const sorted = sort.length === 0 || (order !== undefined && groups.length <= MOST_GROUPS);
  return {
    scan: {
      index,
      groups: sorted ? groups : groupRanges(index, bounds, 0),
      reverse: order?.reverse ?? false,
      repeats: index.multikey.size > 0,
    },
    score,
    sorted,
  };
}

/** Whether the index has an entry for every document that a branch can match. */
function isComplete(index: Index, branch: Branch): boolean {
  if (index.partial && !implies(branch, index.partial.filter)) return false;
  return !index.sparse || index.fields.some(({ path }) => branch.get(path)?.some(excludesNull));
}

function scoreOf(index: Index, { pointFields, last }: Bounds): number {
  const whole = pointFields === index.fields.length && index.unique ? 100 : 0;
  return whole + 10 * pointFields + (last ? 4 : 0) + (index.partial ? 3 : 0);
}

function boundsOf(index: Index, branch: Branch): Bounds {
  let prefixes: Bounds['prefixes'] = [{ bytes: prefixOf(index.id), ends: [] }];
  const constant = new Set<string>();
  let arrayBound = false;
  for (const [at, { path, direction }] of index.fields.entries()) {
    // The conditions on an array may be met by different elements: only one field of it, one condition of that.
    const isArray = index.multikey.has(path);
    const intervals = isArray && arrayBound ? undefined : intervalsFor(branch, path, isArray);
    arrayBound ||= isArray;
    if (!intervals) return { prefixes, pointFields: at, last: undefined, constant };
    if (!intervals.every(isPoint) || intervals.length * prefixes.length > MOST_POINTS) {
      const last = intervals.length * prefixes.length > MOST_RANGES ? undefined : intervals;
      return { prefixes, pointFields: at, last, constant };
    }
    if (intervals.length === 1 && !isArray) constant.add(path);
    prefixes = prefixes.flatMap(({ bytes, ends }) =>
      intervals.map((interval) => {
        const longer = Buffer.concat([bytes, pointBytes(interval, direction)]);
        return { bytes: longer, ends: [...ends, longer.length] };
      }),
    );
  }
  return { prefixes, pointFields: index.fields.length, last: undefined, constant };
}

function intervalsFor(branch: Branch, path: string, isArray: boolean): Interval[] | undefined {
  const all = (branch.get(path) ?? []).flatMap((test) => {
    const intervals = intervalsOf(test);
    return intervals ? [intervals] : [];
  });
  if (all.length === 0) return undefined;
  if (isArray) return all.find((intervals) => intervals.every(isPoint)) ?? all[0];
  return all.reduce((left, right) => intersect(left, right));
}

/**
 * Whether an index has the order of a sort behind its first `skip` fields, which then are single values. Fields that
 * all results share do not matter. `_id` stands behind the last field of every index.
 */
function alignment(
  index: Index,
  bounds: readonly Bounds[],
  sort: readonly OrderedField[],
): { skip: number; reverse: boolean } | undefined {
  const shared = (path: string): boolean =>
    bounds.every(({ constant }) => constant.has(path)) &&
    new Set(bounds.map((each) => constantBytes(index, each, path))).size === 1;
  const wanted = sort.filter(({ path }) => !shared(path));
  const fields = index.fields.some(({ path }) => path === '_id')
    ? index.fields
    : [...index.fields, { path: '_id', parts: ['_id'], direction: 1 as const }];
  for (let skip = Math.min(...bounds.map(({ pointFields }) => pointFields)); skip >= 0; skip -= 1) {
    const offered = fields.slice(skip).filter(({ path }) => !shared(path));
    const reverse = wanted[0] !== undefined && wanted[0].direction !== offered[0]?.direction;
    const fits = wanted.every(({ path, direction }, at) => {
      const field = offered[at];
      return field?.path === path && (field.direction !== direction) === reverse && !index.multikey.has(path);
    });
    if (fits) return { skip, reverse };
  }
  return undefined;
}

function constantBytes(index: Index, { prefixes }: Bounds, path: string): string {
  const at = index.fields.findIndex((field) => field.path === path);
  const { bytes, ends } = prefixes[0] ?? { bytes: Buffer.alloc(0), ends: [] };
  return bytes.toString('latin1', at === 0 ? 4 : ends[at - 1], ends[at]);
}

/** The ranges of all branches, one group per combination of the values of the first `skip` fields. */
function groupRanges(index: Index, bounds: readonly Bounds[], skip: number): IndexScan['groups'] {
  const groups = new Map<string, { prefixLength: number; ranges: Range[] }>();
  for (const { prefixes, last, pointFields } of bounds) {
    const direction = index.fields[pointFields]?.direction ?? 1;
    for (const { bytes, ends } of prefixes) {
      const prefixLength = skip === 0 ? 4 : (ends[skip - 1] as number);
      const key = bytes.toString('latin1', 0, prefixLength);
      const group = groups.get(key) ?? { prefixLength, ranges: [] };
      group.ranges.push(
        ...(last ? last.map((interval) => toRange(bytes, interval, direction)) : [startingWith(bytes)]),
      );
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ prefixLength, ranges }) => ({
    prefixLength,
    ranges: mergeRanges(ranges),
  }));
}
