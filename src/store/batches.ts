/**
 * Group commit for the database: what parallel lanes ask of one collection while a call is on its way goes together
 * with the next call. Under load a hundred messages share one find and one insert; when it is quiet nothing waits.
 *
 * The tenant comes as data with every row and every look-up, never from the scope in which the batch happens to be
 * flushed: a batch mixes tenants, so every row that is written names its own, and every row that is read is compared
 * with what its waiter asked for. Each waiter gets the result of its own document. When a call fails for another
 * reason than an outage its parts are tried one by one, so that one that can't be written fails alone.
 */
import { GroupCommit } from '../lanes/group-commit.ts';
import type { Clock } from '../ops/clock.ts';
import { SafeError } from '../ops/log.ts';
import type { BaseRow, Collection } from './collection.ts';
import { duplicateRows, isAway } from './errors.ts';
import type { ScopedModel } from './model.ts';
import { RecentRows } from './recent.ts';
import { asOperator, currentScope, ScopeError } from './scope.ts';

/** Documents of one call: far below what one message of the wire protocol holds, with rows of a few kB. */
const BATCH_LIMIT = 250;

/** Rows that name their tenant: those of tenants, and of the keyring. */
interface OwnedRow extends BaseRow {
  tenantId: string;
}

/** One document of a tenant is changed if it still is as `where` says. Doing it twice must do no harm: a repair may. */
export interface Change {
  tenantId: string;
  _id: string;
  /** Further conditions on the row. */
  where?: Record<string, unknown>;
  update: Record<string, unknown>;
  /** What is done to a row that no longer is as `where` says. It is done to the others of its batch too, so it must do them no harm. */
  otherwise?: Record<string, unknown>;
  /** No view shows what this changes: a row that was kept for events stays as it is. */
  unseen?: true;
}

interface LookUp {
  tenantId: string;
  value: string;
}

interface First extends LookUp {
  field: string;
  where: Record<string, unknown>;
  sort: Record<string, 1 | -1>;
  limit: number;
}

type Models = <Row extends BaseRow>(collection: Collection<Row>) => ScopedModel<Row>;

export class Batches {
  readonly #model: Models;
  readonly #groups = new Map<string, GroupCommit<never, unknown>>();
  readonly #recent: RecentRows;

  constructor(model: Models, clock: Clock) {
    this.#model = model;
    this.#recent = new RecentRows(clock);
  }

  /** Keeps a row, as it stands now, for who asks `findRecent` within some seconds. */
  keep<Row extends OwnedRow>(collection: Collection<Row>, row: Row): void {
    bound(collection, row.tenantId);
    this.#recent.keep(collection.name, row);
  }

  /** As `find`, but what was kept here is good enough: another process may have changed it within the last 5 s. */
  async findRecent<Row extends OwnedRow>(
    collection: Collection<Row>,
    tenantId: string,
    _id: string,
  ): Promise<Row | null> {
    bound(collection, tenantId);
    const kept = this.#recent.get(collection.name, tenantId, _id) as Row | undefined;
    return kept ?? this.find(collection, tenantId, _id);
  }

  /** The tenant's row with this `_id`. */
  async find<Row extends OwnedRow>(
    collection: Collection<Row>,
    tenantId: string,
    _id: string,
  ): Promise<Row | null> {
    const [row] = await this.findBy(collection, '_id', tenantId, _id);
    return row ?? null;
  }

  /** The installation's row with this `_id`, for the operator: whose it is, if anybody's, it says itself. */
  async findOfInstallation<Row extends BaseRow>(
    collection: Collection<Row>,
    _id: string,
  ): Promise<Row | null> {
    if (collection.scope !== 'operator' || currentScope().kind !== 'operator') {
      throw new ScopeError(`A row of ${collection.name} was asked for without its tenant.`);
    }
    return this.#together(`any/${collection.name}`, _id, async (ids) => {
      const rows = await this.#model(collection)
        .find({ _id: { $in: [...new Set(ids)] } })
        .lean<Row[]>()
        .exec();
      const found = new Map(rows.map((row) => [row._id, row]));
      return ids.map((id) => found.get(id) ?? null);
    });
  }

  /**
   * The tenant's rows whose field has this value, that no other tenant's rows have: an id, or a digest under the
   * tenant's key. Few rows share it, and its index is declared `acrossTenants`.
   */
  async findBy<Row extends OwnedRow>(
    collection: Collection<Row>,
    field: string,
    tenantId: string,
    value: string,
  ): Promise<Row[]> {
    bound(collection, tenantId);
    return this.#together(`find/${collection.name}/${field}`, { tenantId, value }, (lookUps) =>
      findAll(this.#model(collection), field, lookUps),
    );
  }

  /**
   * The first rows of a lane, or of whatever else shares a value of a field as of `findBy`: at most `limit`, in order.
   * `where` and `sort` are the same in every call for one collection and field.
   */
  async findFirst<Row extends OwnedRow>(
    collection: Collection<Row>,
    { field, tenantId, value, where, sort, limit }: First,
  ): Promise<Row[]> {
    bound(collection, tenantId);
    return this.#together(`first/${collection.name}/${field}`, { tenantId, value }, (lookUps) =>
      firstOfAll(this.#model(collection), { field, where, sort, limit }, lookUps),
    );
  }

  /** Stores a row. @returns false when a unique index refused it: it, or its equal, stands there already */
  async insert<Row extends OwnedRow>(collection: Collection<Row>, row: Row): Promise<boolean> {
    bound(collection, row.tenantId);
    return this.#together(`insert/${collection.name}`, row, (rows) => {
      for (const one of rows) checkRow(collection, one);
      return insertAll(this.#model(collection), rows);
    });
  }

  /** Changes a row, if it still is as the change says; what it does not find it leaves alone. */
  async update<Row extends OwnedRow>(collection: Collection<Row>, change: Change): Promise<void> {
    bound(collection, change.tenantId);
    if (!change.unseen) this.#recent.forget(collection.name, change.tenantId, change._id);
    await this.#together(`update/${collection.name}`, change, (changes) =>
      updateAll(this.#model(collection), changes),
    );
  }

  async #together<Item, Result>(name: string, item: Item, call: Call<Item, Result>): Promise<Result> {
    let group = this.#groups.get(name) as GroupCommit<Item, Outcome<Result>> | undefined;
    if (!group) {
      group = new GroupCommit(
        (items) => asOperator(`group commit: ${name}`, () => each(call, items)),
        BATCH_LIMIT,
      );
      this.#groups.set(name, group as unknown as GroupCommit<never, unknown>);
    }
    const outcome = await group.add(item);
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }
}

type Call<Item, Result> = (items: Item[]) => Promise<Result[]>;
type Outcome<Result> = { result: Result } | { error: unknown };

/** One call for all; each on its own when that fails, so that a part that can't be done fails alone. */
async function each<Item, Result>(call: Call<Item, Result>, items: Item[]): Promise<Outcome<Result>[]> {
  try {
    return (await call(items)).map((result) => ({ result }));
  } catch (error) {
    if (items.length === 1 || isAway(error)) return items.map(() => ({ error }));
  }
  const outcomes: Outcome<Result>[] = [];
  for (const item of items) outcomes.push(...(await each(call, [item])));
  return outcomes;
}

/** Whoever asks must be bound to the tenant, or work for the installation: checked here, never when a batch goes. */
function bound({ name, scope: owner }: Pick<Collection<BaseRow>, 'name' | 'scope'>, tenantId: string): void {
  const scope = currentScope();
  if (tenantId === '') throw new ScopeError(`A row of ${name} was asked for without its tenant.`);
  if (scope.kind === 'operator') return;
  if (owner === 'operator') {
    throw new ScopeError(`${name} belongs to the installation; a tenant's work can't use it.`);
  }
  if (scope.tenantId !== tenantId) {
    throw new ScopeError(`A row of ${name} belongs to another tenant than the running work's.`);
  }
}

async function findAll<Row extends OwnedRow>(
  model: ScopedModel<Row>,
  field: string,
  lookUps: LookUp[],
): Promise<Row[][]> {
  const rows = await model.find(filterFor(field, lookUps)).lean<Row[]>().exec();
  return shared(rows, field, lookUps);
}

/** One read for all; who got nothing of a read that was cut off asks alone. */
async function firstOfAll<Row extends OwnedRow>(
  model: ScopedModel<Row>,
  { field, where, sort, limit }: Omit<First, keyof LookUp>,
  lookUps: LookUp[],
): Promise<Row[][]> {
  const read = (some: LookUp[]) =>
    model
      .find({ ...filterFor(field, some), ...where })
      .sort(sort)
      .limit(limit * some.length)
      .batchSize(limit * some.length + 1)
      .lean<Row[]>()
      .exec();
  const rows = await read(lookUps);
  const found = shared(rows, field, lookUps);
  if (rows.length < limit * lookUps.length) return found.map((some) => some.slice(0, limit));
  return Promise.all(
    lookUps.map(async (lookUp, index) => {
      const some = found[index] ?? [];
      return some.length > 0 || lookUps.length === 1 ? some.slice(0, limit) : await read([lookUp]);
    }),
  );
}

/**
 * By a field, the tenant is not asked for: no two share a value, `shared` gives each its own, and beside the values it
 * would be looked for in all combinations, gigabytes of them on DocumentDB. `$exists` says what a partial index asks:
 * beyond 100 values PostgreSQL, below DocumentDB, no longer sees by itself that they are there. Ids come from outside
 * as well: another tenant's is not even read.
 */
function filterFor(field: string, lookUps: LookUp[]): Record<string, unknown> {
  const values = [...new Set(lookUps.map(({ value }) => value))];
  if (field !== '_id') return { [field]: { $in: values, $exists: true } };
  const tenants = [...new Set(lookUps.map(({ tenantId }) => tenantId))];
  return { tenantId: { $in: tenants }, _id: { $in: values } };
}

/** Each look-up's own rows: of its value and of its tenant. */
function shared<Row extends OwnedRow>(rows: Row[], field: string, lookUps: LookUp[]): Row[][] {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const key = placeOf(row.tenantId, (row as unknown as Record<string, string>)[field] ?? '');
    const others = found.get(key);
    if (others) others.push(row);
    else found.set(key, [row]);
  }
  return lookUps.map(({ tenantId, value }) => found.get(placeOf(tenantId, value)) ?? []);
}

const placeOf = (tenantId: string, value: string) => `${tenantId}/${value}`;

/**
 * What Mongoose would check of a row, without making a document of each: that cost as much as the rest of the insert.
 * @throws when a field is not declared, or a required one is missing
 */
function checkRow({ name, fields }: Pick<Collection<BaseRow>, 'name' | 'fields'>, row: object): void {
  for (const field of Object.keys(row)) {
    if (field === '_id' || field === 'tenantId' || Object.hasOwn(fields, field)) continue;
    throw new SafeError(`A row of ${name} has the field ${field}, which is not declared.`);
  }
  for (const [field, { type }] of Object.entries(fields)) {
    const isRequired = typeof type === 'object' && 'required' in type && type.required === true;
    if (isRequired && (row as Record<string, unknown>)[field] == null) {
      throw new SafeError(`A row of ${name} has no ${field}.`);
    }
  }
}

async function insertAll<Row extends OwnedRow>(model: ScopedModel<Row>, rows: Row[]): Promise<boolean[]> {
  try {
    // `lean` makes no documents; without `throwOnValidationError` a row that does not fit would be dropped silently.
    await model.insertMany(rows, {
      ordered: false,
      lean: true,
      throwOnValidationError: true,
    });
    return rows.map(() => true);
  } catch (error) {
    const duplicates = duplicateRows(error);
    if (!duplicates) throw error;
    return rows.map((_row, index) => !duplicates.has(index));
  }
}

async function updateAll<Row extends OwnedRow>(
  model: ScopedModel<Row>,
  changes: Change[],
): Promise<undefined[]> {
  const found = await writeAll(
    model,
    changes.map(({ tenantId, _id, where, update }) => ({ filter: { ...where, _id, tenantId }, update })),
  );
  const others = changes.flatMap(({ tenantId, _id, otherwise: update }) =>
    update === undefined ? [] : [{ filter: { _id, tenantId }, update }],
  );
  if (found < changes.length && others.length > 0) await writeAll(model, others);
  return changes.map(() => undefined);
}

/** @returns how many of them found their row */
async function writeAll<Row extends OwnedRow>(
  model: ScopedModel<Row>,
  updates: { filter: Record<string, unknown>; update: Record<string, unknown> }[],
): Promise<number> {
  const operations = updates.map((updateOne) => ({ updateOne }));
  const { matchedCount } = await model.bulkWrite(
    operations as unknown as Parameters<ScopedModel<Row>['bulkWrite']>[0],
    { ordered: false, throwOnValidationError: true },
  );
  return matchedCount;
}
