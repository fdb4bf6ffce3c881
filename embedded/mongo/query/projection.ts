import { compileExpression, type Expression, type Variables } from '../aggregate/expressions.ts';
import { MongoError, refuse } from '../errors.ts';
import { toNumber } from '../values/numbers.ts';
import { isIndex, splitPath } from '../values/paths.ts';
import { type Document, isDocument, isNumber, type Value } from '../values/values.ts';

export type Projection = (document: Document, variables?: Variables) => Document;

/** What to do with a field: take it, leave it, put an expression there, or go into it. */
type Rule = 'include' | 'exclude' | Expression | Rules;
interface Rules {
  readonly fields: Map<string, Rule>;
}

const isFlag = (value: Value): value is boolean => typeof value === 'boolean' || isNumber(value);
const isOn = (value: Value): boolean => (isNumber(value) ? toNumber(value) !== 0 : value === true);

/**
 * Compiles a projection of `find` or `$project`: inclusion (with expressions) or exclusion, `_id` apart.
 * The positional forms of `find` (`$`, `$slice`, `$elemMatch`) are refused.
 */
export function compileProjection(specification: Document): Projection {
  const entries = flatten(specification);
  const others = entries.filter(({ path }) => path !== '_id');
  const flags = others.flatMap(({ value }) => (isFlag(value) ? [isOn(value)] : [true]));
  const id = entries.find(({ path }) => path === '_id')?.value;
  const including = flags.length > 0 ? flags.includes(true) : id !== undefined && isOn(id);
  if (including && flags.includes(false)) {
    throw new MongoError(31254, 'Cannot do exclusion in an inclusion projection');
  }
  const rules: Rules = { fields: new Map() };
  if (including && (id === undefined || (isFlag(id) && isOn(id)))) rules.fields.set('_id', 'include');
  for (const { path, value } of entries) {
    if (path === '_id' && isFlag(value) && (isOn(value) || including)) continue;
    addRule(rules, splitPath(path), ruleOf(path, value));
  }
  return including
    ? (document, variables) => include(document, rules, document, variables)
    : (document) => exclude(document, rules);
}

interface Entry {
  readonly path: string;
  readonly value: Value;
}

/** `{ a: { b: 1 } }` means `{ 'a.b': 1 }`. */
function flatten(specification: Document, prefix = ''): Entry[] {
  return Object.entries(specification).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    const isNested = isDocument(value) && !Object.keys(value)[0]?.startsWith('$');
    if (isNested && Object.keys(value).length === 0) {
      throw new MongoError(51270, 'An empty sub-projection is not a valid value');
    }
    return isNested ? flatten(value, `${path}.`) : [{ path, value }];
  });
}

function ruleOf(path: string, value: Value): Rule {
  if (path.split('.').some((part) => part.startsWith('$'))) {
    throw refuse(`The positional projection '${path}'`, 31394);
  }
  if (isFlag(value)) return isOn(value) ? 'include' : 'exclude';
  const operator = isDocument(value) ? Object.keys(value)[0] : undefined;
  if (operator === '$elemMatch' || operator === '$meta') throw refuse(`The projection operator ${operator}`);
  if (operator === '$slice' && isDocument(value) && !Array.isArray(value['$slice'])) {
    throw refuse('The projection operator $slice');
  }
  return compileExpression(value);
}

function addRule(rules: Rules, [part, ...rest]: string[], rule: Rule): void {
  if (part === undefined) return;
  const present = rules.fields.get(part);
  if (rest.length === 0) {
    if (present !== undefined && present !== rule) throw new MongoError(31249, `Path collision at ${part}`);
    rules.fields.set(part, rule);
    return;
  }
  if (present !== undefined && typeof present !== 'object') {
    throw new MongoError(31249, `Path collision at ${part}`);
  }
  const nested = present ?? { fields: new Map() };
  rules.fields.set(part, nested);
  addRule(nested, rest, rule);
}

/** Included fields keep the document's order; computed ones follow in the order of the specification. */
function include(
  document: Document,
  rules: Rules,
  root: Document,
  variables: Variables | undefined,
): Document {
  const result: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const rule = rules.fields.get(name);
    if (rule === 'include') result[name] = value;
    else if (typeof rule === 'object') {
      const inner = includeInside(value, rule, root, variables);
      if (inner !== undefined) result[name] = inner;
    }
  }
  for (const [name, rule] of rules.fields) {
    if (typeof rule === 'function') assign(result, name, rule(root, variables));
    else if (typeof rule === 'object' && !Object.hasOwn(document, name) && computes(rule)) {
      result[name] = include({}, rule, root, variables);
    }
  }
  return result;
}

const computes = (rules: Rules): boolean =>
  [...rules.fields.values()].some(
    (rule) => typeof rule === 'function' || (typeof rule === 'object' && computes(rule)),
  );

function includeInside(value: Value, rules: Rules, root: Document, variables: Variables | undefined): Value {
  if (Array.isArray(value)) {
    const inner = value.map((element) => includeInside(element, rules, root, variables));
    return inner.filter((element) => element !== undefined);
  }
  if (isDocument(value)) return include(value, rules, root, variables);
  return computes(rules) ? include({}, rules, root, variables) : undefined;
}

function exclude(document: Document, rules: Rules): Document {
  const result: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const rule = rules.fields.get(name);
    if (rule === 'exclude') continue;
    result[name] = typeof rule === 'object' ? excludeInside(value, rule) : value;
  }
  return result;
}

function excludeInside(value: Value, rules: Rules): Value {
  if (Array.isArray(value)) return value.map((element) => excludeInside(element, rules));
  return isDocument(value) ? exclude(value, rules) : value;
}

function assign(result: Document, name: string, value: Value): void {
  if (value === undefined) delete result[name];
  else result[name] = value;
}

/** Compiles `$addFields`: every field an expression, the others stay. */
export function compileAddFields(specification: Document): Projection {
  const rules: Rules = { fields: new Map() };
  for (const { path, value } of flatten(specification)) {
    const parts = splitPath(path);
    if (parts.some(isIndex)) throw refuse(`The path '${path}' in $addFields`);
    addRule(rules, parts, compileExpression(value));
  }
  return (document, variables) => addInto(document, rules, document, variables);
}

function addInto(
  document: Document,
  rules: Rules,
  root: Document,
  variables: Variables | undefined,
): Document {
  const result = { ...document };
  for (const [name, rule] of rules.fields) {
    if (typeof rule === 'function') assign(result, name, rule(root, variables));
    else if (typeof rule === 'object') result[name] = addInside(document[name], rule, root, variables);
  }
  return result;
}

function addInside(value: Value, rules: Rules, root: Document, variables: Variables | undefined): Value {
  if (Array.isArray(value)) return value.map((element) => addInside(element, rules, root, variables));
  return addInto(isDocument(value) ? value : {}, rules, root, variables);
}
