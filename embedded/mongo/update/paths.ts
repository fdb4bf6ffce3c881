import { MongoError } from '../errors.ts';
import { type Filter, parseFilter } from '../query/filter.ts';
import { matches } from '../query/matcher.ts';
import { type Found, isIndex, MISSING, splitPath, valueAt } from '../values/paths.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';

/** What an update's paths may refer to besides the document. */
export interface PathContext {
  /** Per identifier of `$[identifier]`, the condition on the element. */
  readonly arrayFilters: ReadonlyMap<string, Filter>;
  /** The position that the query matched, for `$`. */
  readonly position: number | undefined;
}

const IDENTIFIER = /^\$\[(.*)\]$/;
const LARGEST_PADDING = 1_500_000; // elements that a write behind the end of an array may add, as in MongoDB

/** Parses `arrayFilters`: each entry speaks of one identifier, the first part of all its paths. */
export function parseArrayFilters(filters: readonly Document[]): Map<string, Filter> {
  const parsed = new Map<string, Filter>();
  for (const filter of filters) {
    const identifiers = new Set(identifiersOf(filter));
    const [identifier] = identifiers;
    if (identifier === undefined || identifiers.size > 1) {
      throw new MongoError(9, 'Error parsing array filter: it must name exactly one identifier');
    }
    if (parsed.has(identifier)) {
      throw new MongoError(
        9,
        `Found multiple array filters with the same top-level field name ${identifier}`,
      );
    }
    parsed.set(identifier, parseFilter(filter));
  }
  return parsed;
}

function identifiersOf(filter: Document): string[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (!name.startsWith('$')) return [name.split('.')[0] as string];
    return Array.isArray(value) ? value.filter(isDocument).flatMap(identifiersOf) : [];
  });
}

/** The exact paths that a path with `$`, `$[]` or `$[identifier]` means in this document. */
export function expandPath(document: Document, path: string, context: PathContext): string[][] {
  return splitPath(path).reduce<string[][]>(
    (paths, part) => paths.flatMap((parts) => expandPart(document, parts, part, context)),
    [[]],
  );
}

function expandPart(document: Document, parts: string[], part: string, context: PathContext): string[][] {
  if (part === '$') {
    if (context.position === undefined) {
      throw new MongoError(2, 'The positional operator did not find the match needed from the query.');
    }
    return [[...parts, String(context.position)]];
  }
  const identifier = IDENTIFIER.exec(part)?.[1];
  if (identifier === undefined) {
    if (part.startsWith('$')) {
      throw new MongoError(52, `The dollar ($) prefixed field '${part}' is not allowed here`);
    }
    return [[...parts, part]];
  }
  const array = valueAt(document, parts);
  if (!Array.isArray(array)) {
    throw new MongoError(
      2,
      `The path '${parts.join('.')}' must exist in the document in order to apply array updates.`,
    );
  }
  const filter = identifier === '' ? undefined : context.arrayFilters.get(identifier);
  if (identifier !== '' && !filter) {
    throw new MongoError(2, `No array filter found for identifier '${identifier}'`);
  }
  return array.flatMap((element, at) =>
    !filter || matches(filter, { [identifier]: element }) ? [[...parts, String(at)]] : [],
  );
}

/** The identifiers that a path uses, to find array filters that nothing uses. */
export const identifiersIn = (path: string): string[] =>
  path.split('.').flatMap((part) => IDENTIFIER.exec(part)?.[1] ?? []);

/** Writes a value at an exact path and makes the documents on the way; arrays are filled up with null. */
export function setAt(document: Document, parts: readonly string[], value: Value): void {
  let container: Document | Value[] = document;
  parts.forEach((part, at) => {
    if (at === parts.length - 1) return assign(container, part, value);
    const next: Found = valueAt(container, [part]);
    if (next !== MISSING && !Array.isArray(next) && !isDocument(next)) throw notViable(parts[at + 1]);
    if (next === MISSING) {
      const made: Document = {};
      assign(container, part, made);
      container = made;
    } else {
      container = next;
    }
  });
}

const notViable = (part: string | undefined): MongoError =>
  new MongoError(28, `Cannot create field '${part ?? ''}' in an element that is no document`);

function assign(container: Document | Value[], part: string, value: Value): void {
  if (!Array.isArray(container)) {
    container[part] = value;
    return;
  }
  if (!isIndex(part)) throw notViable(part);
  const position = Number(part);
  if (position - container.length > LARGEST_PADDING) {
    throw new MongoError(2, `Writing position ${position} would add more than ${LARGEST_PADDING} elements`);
  }
  while (container.length < position) container.push(null);
  container[position] = value;
}

/** Removes the field at an exact path; an element of an array becomes null. */
export function unsetAt(document: Document, parts: readonly string[]): void {
  const container = valueAt(document, parts.slice(0, -1));
  const last = parts.at(-1) as string;
  if (Array.isArray(container)) {
    if (isIndex(last) && Number(last) < container.length) container[Number(last)] = null;
  } else if (container !== MISSING && isDocument(container)) {
    delete container[last];
  }
}
