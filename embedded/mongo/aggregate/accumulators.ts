import { Double, Int32 } from 'bson';

import { MongoError, refuse } from '../errors.ts';
import { keyText } from '../query/filter.ts';
import type { NumberValue } from '../values/numbers.ts';
import { calculate, toNumber } from '../values/numbers.ts';
import { compareValues, type Document, isDocument, isNumber, type Value } from '../values/values.ts';
import { compileExpression, type Variables } from './expressions.ts';

/** The running state of one accumulator of one group. */
interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

function sum(): Accumulator {
  let total: NumberValue = new Int32(0);
  return {
    add: (value) => {
      if (isNumber(value)) total = calculate('add', total, value, '$sum');
    },
    result: () => total,
  };
}

function average(): Accumulator {
  let total = 0;
  let count = 0;
  return {
    add: (value) => {
      if (!isNumber(value)) return;
      total += toNumber(value);
      count += 1;
    },
    result: () => (count === 0 ? null : new Double(total / count)),
  };
}

/** Nulls and missing values do not count. */
function extreme(sign: 1 | -1): Accumulator {
  let best: Value = null;
  return {
    add: (value) => {
      if (value === null || value === undefined) return;
      if (best === null || sign * compareValues(value, best) > 0) best = value;
    },
    result: () => best,
  };
}

function first(): Accumulator {
  let seen = false;
  let kept: Value = null;
  return {
    add: (value) => {
      if (!seen) kept = value ?? null;
      seen = true;
    },
    result: () => kept,
  };
}

function last(): Accumulator {
  let kept: Value = null;
  return {
    add: (value) => {
      kept = value ?? null;
    },
    result: () => kept,
  };
}

function list(): Accumulator {
  const values: Value[] = [];
  return {
    add: (value) => {
      if (value !== undefined) values.push(value);
    },
    result: () => values,
  };
}

function set(): Accumulator {
  const values = new Map<string, Value>();
  return {
    add: (value) => {
      if (value !== undefined && !values.has(keyText(value))) values.set(keyText(value), value);
    },
    result: () => [...values.values()],
  };
}

function merge(): Accumulator {
  const merged: Document = {};
  return {
    add: (value) => {
      if (value === null || value === undefined) return;
      if (!isDocument(value)) throw new MongoError(40400, '$mergeObjects requires object inputs');
      Object.assign(merged, value);
    },
    result: () => merged,
  };
}

const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: sum,
  $avg: average,
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: first,
  $last: last,
  $push: list,
  $addToSet: set,
  $mergeObjects: merge,
  $count: sum,
};

interface Column {
  readonly name: string;
  readonly start: () => Accumulator;
  readonly value: (document: Document, variables?: Variables) => Value;
}

function compileColumn(name: string, specification: Value): Column {
  if (name.includes('.')) throw new MongoError(40235, `The field name '${name}' cannot contain '.'`);
  const [[operator, operand] = ['', undefined], ...others] = isDocument(specification)
    ? Object.entries(specification)
    : [];
  if (!operator.startsWith('$') || others.length > 0) {
    throw new MongoError(40234, `The field '${name}' must be an accumulator object`);
  }
  const start = ACCUMULATORS[operator];
  if (!start) throw refuse(`The accumulator ${operator}`, 15952);
  return { name, start, value: operator === '$count' ? () => new Int32(1) : compileExpression(operand) };
}

/** Compiles `$group`. Groups come out in the order in which they were met first. */
export function compileGroup(
  specification: Document,
): (documents: AsyncIterable<Document>, variables: Variables) => AsyncGenerator<Document> {
  if (!Object.hasOwn(specification, '_id')) {
    throw new MongoError(15955, 'a group specification must include an _id');
  }
  const { _id: id, ...fields } = specification;
  const key = compileExpression(id);
  const columns = Object.entries(fields).map(([name, value]) => compileColumn(name, value));
  return async function* group(documents, variables) {
    const groups = new Map<string, { id: Value; accumulators: Accumulator[] }>();
    for await (const document of documents) {
      const value = key(document, variables) ?? null;
      const text = keyText(value);
      let present = groups.get(text);
      if (!present) {
        groups.set(text, (present = { id: value, accumulators: columns.map(({ start }) => start()) }));
      }
      for (const [at, column] of columns.entries()) {
        present.accumulators[at]?.add(column.value(document, variables));
      }
    }
    for (const { id: value, accumulators } of groups.values()) {
      const result: Document = { _id: value };
      columns.forEach(({ name }, at) => (result[name] = accumulators[at]?.result()));
      yield result;
    }
  };
}
