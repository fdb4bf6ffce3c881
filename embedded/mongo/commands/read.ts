import { Int32, Long } from 'bson';

import { compileExpression } from '../aggregate/expressions.ts';
import { aggregate } from '../aggregate/pipeline.ts';
import type { PipelineContext } from '../aggregate/stages.ts';
import { MongoError, refuse } from '../errors.ts';
import type { Costs } from '../query/candidates.ts';
import type { Batch } from '../query/cursors.ts';
import { keyText, parseFilter } from '../query/filter.ts';
import { compileProjection, type Projection } from '../query/projection.ts';
import { PAUSE, planOf, type Query, read, search, tally } from '../query/run.ts';
import { parseOrder } from '../query/sorting.ts';
import type { Collection } from '../storage/collection.ts';
import { fromNumber } from '../values/numbers.ts';
import { MISSING, splitPath, visitPath } from '../values/paths.ts';
import { RawDocuments } from '../values/raw.ts';
import { type Document, isDocument, sameValue, type Value, writeDocument } from '../values/values.ts';
import {
  checkCollation,
  type Command,
  type CommandContext,
  deadlineOf,
  define,
  documentField,
  numberField,
  textField,
} from './command.ts';

export const collectionOf = (
  { catalog }: CommandContext,
  command: Document,
  name: string,
): Collection | undefined => catalog.find(textField(command, '$db'), name);

/** The name of the index that a hint means. Throws code 2 if there is none. */
export function hintOf(hint: Value, collection: Collection | undefined): string | undefined {
  if (hint === undefined || hint === null || !collection) return undefined;
  if (isDocument(hint) && Object.keys(hint).length === 0) return undefined;
  if (isDocument(hint) && '$natural' in hint) return '$natural';
  const index = collection.indexes.find(({ name, key }) =>
    isDocument(hint) ? sameValue(key, hint) : name === hint,
  );
  if (!index) throw new MongoError(2, 'hint provided does not correspond to an existing index');
  return index.name;
}

function queryOf(command: Document, collection: Collection | undefined, filter: string): Query {
  checkCollation(command);
  const [limit, skip] = [numberField(command, 'limit'), numberField(command, 'skip')];
  if (skip < 0) throw new MongoError(51024, `BSON field 'skip' value must be >= 0, actual value '${skip}'`);
  return {
    filter: parseFilter(documentField(command, filter)),
    sort: parseOrder(documentField(command, 'sort'), 'sort'),
    skip,
    limit: Math.abs(limit),
    hint: hintOf(command['hint'], collection),
    deadline: deadlineOf(command),
  };
}

const FIND_FIELDS = [
  'filter',
  'sort',
  'projection',
  'hint',
  'skip',
  'limit',
  'batchSize',
  'singleBatch',
  'collation',
  'allowDiskUse',
  'noCursorTimeout',
];

const find = define(FIND_FIELDS, async (command, context) => {
  const name = textField(command, 'find');
  const collection = collectionOf(context, command, name);
  const query = queryOf(command, collection, 'filter');
  const project = projectionOf(documentField(command, 'projection'));
  const size = command['batchSize'] === undefined ? undefined : numberField(command, 'batchSize');
  const namespace = `${textField(command, '$db')}.${name}`;
  return answer(
    namespace,
    await context.cursors.start(
      namespace,
      found(collection, query, project),
      size,
      command['singleBatch'] === true,
    ),
  );
});

export const projectionOf = (specification: Document): Projection | undefined =>
  Object.keys(specification).length === 0 ? undefined : compileProjection(specification);

/** What a find answers: without a projection the bytes as they are stored. */
function* found(
  collection: Collection | undefined,
  query: Query,
  project: Projection | undefined,
): Generator<Uint8Array | typeof PAUSE> {
  if (!collection) return;
  for (const step of search(collection, query)) {
    if (step === PAUSE || !project) yield step === PAUSE ? PAUSE : step.stored.bytes;
    else yield writeDocument(project(step.document));
  }
}

const answer = (namespace: string, { id, documents }: Batch): object => ({
  cursor: { firstBatch: new RawDocuments(documents), id, ns: namespace },
});

const cursorId = (value: Value): Long => {
  if (value instanceof Long) return value;
  throw new MongoError(14, 'a cursor id must be a 64-bit integer');
};

const getMore = define(['collection', 'batchSize'], async (command, { cursors }) => {
  const namespace = `${textField(command, '$db')}.${textField(command, 'collection')}`;
  const size = numberField(command, 'batchSize');
  const { id, documents } = await cursors.next(
    cursorId(command['getMore']),
    namespace,
    size > 0 ? size : undefined,
  );
  return { cursor: { nextBatch: new RawDocuments(documents), id, ns: namespace } };
});

const killCursors = define(['cursors'], async (command, { cursors }) => {
  const ids = Array.isArray(command['cursors']) ? command['cursors'].map(cursorId) : [];
  const killed: Long[] = [];
  for (const id of ids) if (await cursors.close(id)) killed.push(id);
  return {
    cursorsKilled: killed,
    cursorsNotFound: ids.filter((id) => !killed.includes(id)),
    cursorsAlive: [],
    cursorsUnknown: [],
  };
});

const count = define(['query', 'limit', 'skip', 'hint', 'collation'], async (command, context) => {
  const collection = collectionOf(context, command, textField(command, 'count'));
  const query = queryOf(command, collection, 'query');
  if (!collection) return { n: new Int32(0) };
  const everything =
    Object.keys(documentField(command, 'query')).length === 0 && query.limit === 0 && query.skip === 0;
  if (everything) return { n: fromNumber(collection.count()) };
  return { n: fromNumber(await tally(collection, query)) };
});

const distinct = define(['key', 'query', 'hint', 'collation'], async (command, context) => {
  const collection = collectionOf(context, command, textField(command, 'distinct'));
  const query = queryOf(command, collection, 'query');
  const parts = splitPath(textField(command, 'key'));
  const values = new Map<string, Value>();
  const add = (value: Value): unknown => values.set(keyText(value), value);
  if (!collection) return { values: [] };
  for await (const document of read(collection, query)) {
    visitPath(document, parts, (value) => {
      if (Array.isArray(value)) value.forEach(add);
      else if (value !== MISSING) add(value);
    });
  }
  return { values: [...values.values()] };
});

const runPipeline = define(
  ['pipeline', 'cursor', 'allowDiskUse', 'hint', 'let', 'collation', 'bypassDocumentValidation'],
  async (command, context) => {
    checkCollation(command);
    const { aggregate: name, pipeline } = command;
    if (typeof name !== 'string') throw refuse('An aggregation over a whole database');
    if (!Array.isArray(pipeline)) throw new MongoError(14, "'pipeline' option must be specified as an array");
    const collection = collectionOf(context, command, name);
    const variables = Object.entries(documentField(command, 'let')).map(
      ([key, value]) => [key, compileExpression(value)({})] as const,
    );
    const pipelineContext: PipelineContext = {
      collection: (other) => collectionOf(context, command, other),
      variables: Object.fromEntries(variables),
      deadline: deadlineOf(command),
      hint: hintOf(command['hint'], collection),
    };
    const cursor = documentField(command, 'cursor');
    const size = cursor['batchSize'] === undefined ? undefined : numberField(cursor, 'batchSize');
    const namespace = `${textField(command, '$db')}.${name}`;
    return answer(
      namespace,
      await context.cursors.start(namespace, aggregate(collection, pipeline, pipelineContext), size),
    );
  },
);

/** `explain` of a find: which index serves it and how much was read. The query is run for the figures. */
const explain = define(['verbosity'], async (command, context) => {
  const inner = documentField(command, 'explain');
  if (typeof inner['find'] !== 'string') throw refuse('explain of anything but find');
  const collection = collectionOf(context, { ...inner, $db: command['$db'] }, inner['find']);
  const query = queryOf(inner, collection, 'filter');
  if (!collection) return { queryPlanner: { winningPlan: { stage: 'EOF' } } };
  const costs: Costs = { keys: 0, documents: 0 };
  const returned = await tally(collection, query, costs);
  const { scans, sorted } = planOf(collection, query);
  const access =
    scans === 'collection'
      ? { stage: 'COLLSCAN', direction: 'forward' }
      : {
          stage: 'FETCH',
          inputStages: scans.map(({ index, reverse }) => ({
            stage: 'IXSCAN',
            indexName: index.name,
            keyPattern: index.key,
            direction: reverse ? 'backward' : 'forward',
          })),
        };
  return {
    queryPlanner: {
      namespace: collection.namespace,
      winningPlan: sorted ? access : { stage: 'SORT', inputStage: access },
    },
    executionStats: {
      executionSuccess: true,
      nReturned: fromNumber(returned),
      totalKeysExamined: fromNumber(costs.keys),
      totalDocsExamined: fromNumber(costs.documents),
    },
  };
});

export const READ_COMMANDS: Readonly<Record<string, Command>> = {
  find,
  getMore,
  killCursors,
  count,
  distinct,
  aggregate: runPipeline,
  explain,
};
