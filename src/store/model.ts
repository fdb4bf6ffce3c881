/**
 * The model factory: a declared collection becomes a Mongoose model whose every operation is bound to the running
 * scope. In a tenant's scope the filter gets `tenantId`, a row of another tenant can't be written, and pipeline
 * stages that read other collections are refused. What could lead round this (raw collection, change streams,
 * estimated counts) is not part of the returned type, and lint forbids it.
 */
import { type Connection, type Model, type mongo, Schema, type SchemaDefinition } from 'mongoose';

import type { BaseRow, Collection } from './collection.ts';
import { currentScope, ScopeError } from './scope.ts';

export type ScopedModel<Row> = Pick<
  Model<Row>,
  | 'find'
  | 'findOne'
  | 'findOneAndUpdate'
  | 'findOneAndDelete'
  | 'updateOne'
  | 'updateMany'
  | 'deleteOne'
  | 'deleteMany'
  | 'insertMany'
  | 'bulkWrite'
  | 'countDocuments'
  | 'distinct'
  | 'aggregate'
  | 'exists'
>;

const QUERIES = [
  'find',
  'findOne',
  'findOneAndUpdate',
  'findOneAndReplace',
  'findOneAndDelete',
  'updateOne',
  'updateMany',
  'replaceOne',
  'deleteOne',
  'deleteMany',
  'countDocuments',
  'distinct',
] as const;

/** Of a read without a limit; those that may find more than some rows have one. */
const ROWS_AT_ONCE = 10_000;

/** Stages that read or write other collections, where the tenant's filter would not apply. */
const FOREIGN_STAGES = [
  '$lookup',
  '$graphLookup',
  '$unionWith',
  '$out',
  '$merge',
  '$collStats',
  '$indexStats',
  '$changeStream',
];

/** Builds the scoped model of a declared collection on a connection. */
export function buildModel<Row extends BaseRow>(
  connection: Connection,
  collection: Collection<Row>,
): ScopedModel<Row> {
  const definition: SchemaDefinition = { _id: { type: String, required: true } };
  if (collection.scope === 'tenant') definition.tenantId = { type: String, required: true, immutable: true };
  for (const [name, { type }] of Object.entries(collection.fields)) definition[name] = type;
  const schema: Schema = new Schema(definition, {
    collection: collection.name,
    versionKey: false,
    autoIndex: false,
    autoCreate: false,
    strict: 'throw',
    strictQuery: 'throw',
    minimize: false,
    bufferCommands: false,
  });
  bindScope(schema, collection);
  return connection.model(collection.name, schema) as unknown as ScopedModel<Row>;
}

function bindScope(schema: Schema, collection: { name: string; scope: 'tenant' | 'operator' }): void {
  const owner = () => ownerFor(collection);
  schema.pre([...QUERIES], function () {
    const tenantId = owner();
    if (tenantId !== undefined) this.setQuery(owned(this.getFilter(), tenantId));
  });
  // What is read comes in one piece: no cursor stays at the server, where it may be lost before it is read on.
  schema.pre('find', function () {
    const { limit, batchSize } = this.getOptions();
    if (batchSize === undefined) this.batchSize(limit ? limit + 1 : ROWS_AT_ONCE);
  });
  schema.pre('estimatedDocumentCount', () => {
    throw new ScopeError('estimatedDocumentCount counts all tenants; use countDocuments.');
  });
  schema.pre('aggregate', function () {
    const tenantId = owner();
    const pipeline = this.pipeline() as unknown as Record<string, unknown>[];
    refuseForeignStages(pipeline);
    if (tenantId !== undefined) pipeline.unshift({ $match: { tenantId } });
  });
  schema.pre('save', function () {
    claim(this, owner());
  });
  schema.pre('insertMany', function (rows: Record<string, unknown> | Record<string, unknown>[]) {
    const tenantId = owner();
    for (const row of Array.isArray(rows) ? rows : [rows]) claim(row, tenantId);
  });
  schema.pre('bulkWrite', function (operations: unknown) {
    const tenantId = owner();
    for (const operation of operations as mongo.AnyBulkWriteOperation[]) ownOperation(operation, tenantId);
  });
}

/** The tenant to which the running work is bound; undefined when it may cross tenants. */
function ownerFor(collection: { name: string; scope: 'tenant' | 'operator' }): string | undefined {
  const scope = currentScope();
  if (scope.kind === 'operator') return undefined;
  if (collection.scope === 'operator') {
    throw new ScopeError(`${collection.name} belongs to the installation; a tenant's work can't use it.`);
  }
  return scope.tenantId;
}

function owned(filter: Record<string, unknown>, tenantId: string): Record<string, unknown> {
  if (filter.tenantId !== undefined && filter.tenantId !== tenantId) {
    throw new ScopeError("The filter names another tenant than the running work's.");
  }
  return { ...filter, tenantId };
}

/** Mongoose may have set `tenantId` already; another tenant's is refused. */
function claim(row: Record<string, unknown>, tenantId: string | undefined): void {
  if (tenantId === undefined) return;
  if (row.tenantId !== undefined && row.tenantId !== tenantId) {
    throw new ScopeError("The row belongs to another tenant than the running work's.");
  }
  row.tenantId = tenantId;
}

function ownOperation(operation: mongo.AnyBulkWriteOperation, tenantId: string | undefined): void {
  if (tenantId === undefined) return;
  for (const [name, body] of Object.entries(operation) as [string, Record<string, unknown>][]) {
    if (name === 'insertOne') claim(body.document as Record<string, unknown>, tenantId);
    else body.filter = owned((body.filter ?? {}) as Record<string, unknown>, tenantId);
    if (name === 'replaceOne') claim(body.replacement as Record<string, unknown>, tenantId);
  }
}

function refuseForeignStages(pipeline: Record<string, unknown>[]): void {
  for (const stage of pipeline) {
    for (const [name, body] of Object.entries(stage)) {
      if (FOREIGN_STAGES.includes(name)) {
        throw new ScopeError(`${name} would read outside the scope; it is not used here.`);
      }
      if (name === '$facet') {
        Object.values(body as Record<string, Record<string, unknown>[]>).forEach(refuseForeignStages);
      }
    }
  }
}
