import { MongoError, refuse } from '../errors.ts';
import { parseFilter } from '../query/filter.ts';
import { compileAddFields, compileProjection } from '../query/projection.ts';
import { type Query, read } from '../query/run.ts';
import { parseOrder } from '../query/sorting.ts';
import type { Collection } from '../storage/collection.ts';
import { setAt } from '../update/paths.ts';
import { toNumber } from '../values/numbers.ts';
import { MISSING, splitPath, visitPath } from '../values/paths.ts';
import { type Document, isDocument, isNumber, type Value } from '../values/values.ts';
import { compileGroup } from './accumulators.ts';
import { compileExpression } from './expressions.ts';
import {
  copyAlong,
  count,
  exclusionOf,
  held,
  limit,
  map,
  match,
  type PipelineContext,
  replaceRoot,
  skip,
  sort,
  sortByCount,
  type Stage,
  unwind,
} from './stages.ts';

/**
 * Runs a pipeline over a collection. The `$match`, `$sort`, `$skip` and `$limit` at its beginning become the query,
 * so that they use indexes; the rest streams, except for stages that need all their input.
 */
export function aggregate(
  source: Collection | undefined,
  pipeline: readonly Value[],
  context: PipelineContext,
): AsyncIterable<Document> {
  const stages = pipeline.map(readStage);
  const compiled = stages.map(({ name, operand }) => compileStage(name, operand));
  const { query, used } = leadingQuery(stages);
  const { deadline, hint, variables } = context;
  const found = source ? read(source, { ...query, deadline, hint, variables }) : nothing();
  return through(compiled.slice(used), found, context);
}

const through = (
  stages: readonly Stage[],
  input: AsyncIterable<Document>,
  context: PipelineContext,
): AsyncIterable<Document> =>
  stages.reduce<AsyncIterable<Document>>((documents, stage) => stage(documents, context), input);

async function* nothing(): AsyncGenerator<Document> {
  // A collection that does not exist has no documents.
}

/** Documents that are at hand already, for a stage. */
async function* each(documents: readonly Document[]): AsyncGenerator<Document> {
  yield* documents;
}

async function collect(documents: AsyncIterable<Document>): Promise<Document[]> {
  const all: Document[] = [];
  for await (const document of documents) all.push(document);
  return all;
}

interface StageText {
  readonly name: string;
  readonly operand: Value;
}

function readStage(stage: Value): StageText {
  const [[name, operand] = ['', undefined], ...others] = isDocument(stage) ? Object.entries(stage) : [];
  if (name === '' || others.length > 0) {
    throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  return { name, operand };
}

function leadingQuery(stages: readonly StageText[]): { query: Query; used: number } {
  const next = (at: number, name: string): Value =>
    stages[at]?.name === name ? stages[at].operand : undefined;
  let used = 0;
  const take = (name: string): Value => {
    const operand = next(used, name);
    if (operand !== undefined) used += 1;
    return operand;
  };
  const match = take('$match');
  const sort = take('$sort');
  const skip = take('$skip');
  const limit = take('$limit');
  return {
    query: {
      filter: parseFilter(isDocument(match) ? match : {}),
      sort: isDocument(sort) ? parseOrder(sort, 'sort') : [],
      skip: isNumber(skip) ? toNumber(skip) : 0,
      limit: isNumber(limit) ? toNumber(limit) : 0,
    },
    used,
  };
}

function documentOf(name: string, operand: Value): Document {
  if (!isDocument(operand)) throw new MongoError(15959, `the ${name} specification must be an object`);
  return operand;
}

function countOf(name: string, operand: Value, least: number): number {
  const count = isNumber(operand) ? toNumber(operand) : NaN;
  if (!Number.isSafeInteger(count) || count < least) {
    throw new MongoError(
      5107201,
      `invalid argument to ${name} stage: it must be a whole number of at least ${least}`,
    );
  }
  return count;
}

function compileStage(name: string, operand: Value): Stage {
  switch (name) {
    case '$match':
      return match(documentOf(name, operand));
    case '$sort':
      return sort(documentOf(name, operand));
    case '$limit':
      return limit(countOf(name, operand, 1));
    case '$skip':
      return skip(countOf(name, operand, 0));
    case '$project':
      return map(compileProjection(documentOf(name, operand)));
    case '$addFields':
    case '$set':
      return map(compileAddFields(documentOf(name, operand)));
    case '$unset':
      return map(compileProjection(exclusionOf(operand)));
    case '$group': {
      const group = compileGroup(documentOf(name, operand));
      return (documents, { variables }) => group(documents, variables);
    }
    case '$count':
      return count(operand);
    case '$sortByCount':
      return sortByCount(operand);
    case '$unwind':
      return unwind(operand);
    case '$replaceRoot':
      return replaceRoot(documentOf(name, operand)['newRoot']);
    case '$replaceWith':
      return replaceRoot(operand);
    case '$facet':
      return facet(documentOf(name, operand));
    case '$lookup':
      return lookup(documentOf(name, operand));
    default:
      throw name.startsWith('$')
        ? refuse(`The pipeline stage ${name}`, 40324)
        : new MongoError(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
}

function facet(specification: Document): Stage {
  const facets = Object.entries(specification).map(([name, pipeline]) => {
    if (!Array.isArray(pipeline)) throw new MongoError(40170, 'arguments to $facet must be arrays');
    return { name, stages: pipeline.map(readStage).map((stage) => compileStage(stage.name, stage.operand)) };
  });
  return async function* stage(documents, context) {
    const all = await held('$facet', documents);
    const result: Document = {};
    for (const { name, stages } of facets) result[name] = await collect(through(stages, each(all), context));
    yield result;
  };
}

/** Both forms of `$lookup`: by equality of fields, and by a pipeline with variables; also the two together. */
function lookup(specification: Document): Stage {
  const { from, as, localField, foreignField, let: variables = {}, pipeline = [] } = specification;
  const unknown = Object.keys(specification).find(
    (name) => !['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'].includes(name),
  );
  if (unknown) throw new MongoError(9, `unknown argument to $lookup: ${unknown}`);
  if (typeof from !== 'string' || typeof as !== 'string') {
    throw new MongoError(9, '$lookup needs from and as');
  }
  if (!Array.isArray(pipeline) || !isDocument(variables)) {
    throw new MongoError(9, '$lookup needs a pipeline and a let document');
  }
  const byField = typeof localField === 'string' && typeof foreignField === 'string';
  const names = Object.entries(variables).map(([name, value]) => [name, compileExpression(value)] as const);
  pipeline.map(readStage).forEach((stage) => compileStage(stage.name, stage.operand));
  return async function* stage(documents, context) {
    for await (const document of documents) {
      const bound = Object.fromEntries(
        names.map(([name, value]) => [name, value(document, context.variables)]),
      );
      const first = byField
        ? [{ $match: { [foreignField]: { $in: localValues(document, localField) } } }]
        : [];
      const inner = { ...context, hint: undefined, variables: { ...context.variables, ...bound } };
      const result = copyAlong(document, splitPath(as));
      setAt(
        result,
        splitPath(as),
        await collect(aggregate(context.collection(from), [...first, ...pipeline], inner)),
      );
      yield result;
    }
  };
}

/** The values to look up: those of the field, of an array its elements; nothing counts as null. */
function localValues(document: Document, path: string): Value[] {
  const values: Value[] = [];
  visitPath(document, splitPath(path), (found) => {
    if (found === MISSING) values.push(null);
    else if (Array.isArray(found)) values.push(...found);
    else values.push(found);
  });
  return values;
}
