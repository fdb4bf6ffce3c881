/**
 * The declaration of a collection: its fields with the class of personal data and the role in which we hold them,
 * its retention class, its indexes. Export, erasure, retention and log redaction are made from these declarations;
 * a field that is not declared is a type error, a collection that is not listed in collections.ts can't be opened.
 */
import type { mongo, SchemaDefinitionProperty } from 'mongoose';

export type DataClass = 'content' | 'identity' | 'account' | 'billing' | 'support' | 'technical';
/** In whose name we hold it: for a tenant (`processor`) or in our own (`controller`). */
export type Role = 'processor' | 'controller';

/** How long rows live. `installation` rows describe the installation itself and stay; those of `audit-24-months` are never destroyed earlier. */
export type RetentionClass =
  'audit-24-months' | 'client-content' | 'account' | 'keys' | 'parked-30-days' | 'installation';

export interface FieldDeclaration {
  type: SchemaDefinitionProperty;
  dataClass: DataClass;
  role: Role;
  /** Ciphertext of seal.ts; readable only with the key it names. */
  sealed: boolean;
}

export interface IndexDeclaration {
  /** Without tenantId: the factory puts it first. */
  keys: Record<string, 1 | -1>;
  /**
   * Without the tenant: for a field whose values no two tenants share, by which rows of many tenants are read at once
   * (batches.ts). With both in one index the database would look for every value with every tenant.
   */
  acrossTenants?: true;
  options?: Pick<mongo.IndexOptions, 'unique' | 'partialFilterExpression' | 'sparse' | 'expireAfterSeconds'>;
}

export interface BaseRow {
  _id: string;
}

export interface TenantRow extends BaseRow {
  tenantId: string;
}

type DeclaredFields<Row, Given extends string> = { [Name in Exclude<keyof Row, Given>]-?: FieldDeclaration };

export interface Collection<Row extends BaseRow> {
  name: string;
  /** `tenant`: every row has an owner and every operation a scope. `operator`: no tenant ever reads it. */
  scope: 'tenant' | 'operator';
  /** Database: keys live apart, so that their backups can be kept shorter. */
  database: 'main' | 'keys';
  retention: RetentionClass;
  /** Look-up rows that backups leave out and a restore rebuilds. */
  derived: boolean;
  fields: Record<string, FieldDeclaration>;
  indexes: IndexDeclaration[];
  /** Never set: carries the row type. */
  row?: Row;
}

interface Options<Row, Given extends string> {
  retention: RetentionClass;
  derived?: boolean;
  database?: 'main' | 'keys';
  fields: DeclaredFields<Row, Given>;
  indexes?: IndexDeclaration[];
}

/** Declares a collection whose rows belong to tenants. */
export function tenantCollection<Row extends TenantRow>(
  name: string,
  options: Options<Row, '_id' | 'tenantId'>,
): Collection<Row> {
  return { name, scope: 'tenant', database: 'main', derived: false, indexes: [], ...options };
}

/** Declares a collection of the installation; a tenant's scope can't reach it. */
export function operatorCollection<Row extends BaseRow>(
  name: string,
  options: Options<Row, '_id'>,
): Collection<Row> {
  return { name, scope: 'operator', database: 'main', derived: false, indexes: [], ...options };
}

/**
 * The indexes as they are made: a tenant's rows are never looked for among everybody's, so where no declared index of
 * all rows begins with the tenant there is one of the tenant alone.
 */
export function indexesOf({ scope, indexes }: Pick<Collection<BaseRow>, 'scope' | 'indexes'>) {
  if (scope === 'operator') return indexes;
  const owned = indexes.map((index) =>
    index.acrossTenants ? index : { ...index, keys: { tenantId: 1 as const, ...index.keys } },
  );
  const ofAllRows = owned.some(
    ({ acrossTenants, options }) => !acrossTenants && !options?.partialFilterExpression && !options?.sparse,
  );
  return ofAllRows ? owned : [{ keys: { tenantId: 1 as const } }, ...owned];
}

/** Field declarations of one role: `const held = fieldsOf('processor')`, then `held.technical(String)`. */
export function fieldsOf(role: Role) {
  const plain = (dataClass: DataClass) => (type: SchemaDefinitionProperty) => ({
    type,
    dataClass,
    role,
    sealed: false,
  });
  const sealed = (dataClass: DataClass) => () => ({ type: Buffer, dataClass, role, sealed: true });
  return {
    technical: plain('technical'),
    account: plain('account'),
    identity: plain('identity'),
    billing: plain('billing'),
    sealedContent: sealed('content'),
    sealedIdentity: sealed('identity'),
    sealedAccount: sealed('account'),
    sealedTechnical: sealed('technical'),
  };
}
