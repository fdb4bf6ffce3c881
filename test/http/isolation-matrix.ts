/**
 * The matrix of tenant isolation: who asks × which route × where an id of the victim stands. Each case is asked twice,
 * with ids of the victim and with ids that nobody has; both must get the same answer for the same work of the
 * database, since a difference in either tells that the thing exists.
 */
import mongoose from 'mongoose';

import type { Route } from '../../src/http/route.ts';
import type { Answer } from '../support/fixtures.ts';

export interface Ids {
  userId: string;
  roleId: string;
  tenantId: string;
  templateId: string;
  conversationId: string;
  messageId: string;
  channelId: string;
  contactId: string;
  deadLetterId: string;
  keyId: string;
  grantId: string;
  phoneNumberId: string;
  wamid: string;
  templateName: string;
}

export interface Attack {
  /** Value of `{id}`. */
  id?: (ids: Ids) => string;
  query?: (ids: Ids) => string;
  body?: (ids: Ids) => unknown;
  /** Without an id of the victim in it, a route answers the stranger's own. */
  expected: number;
  /** Fields of the answer that are new each time, as a challenge is. */
  varies?: string[];
}

/** A filter or field that names a thing of the victim, beside the line of its route. */
export type Filter = [
  route: string,
  field: string,
  of: (ids: Ids) => Pick<Attack, 'query' | 'body'>,
  expected?: number,
];

export interface Actor {
  name: string;
  headers: Record<string, string>;
  /** What is theirs: the place from which they reach for what is not. Without it only the routes themselves are tried. */
  own?: Ids;
  /** The status that ends every try on this route, for who has no business there; undefined: what the line says. */
  refused?: (route: Route) => number | undefined;
  /** Where every place of an id is tried; elsewhere another actor of the same tenant tried the rest. Default: everywhere. */
  everywhere?: (route: Route) => boolean;
  /** Tries the routes for everybody; who has a key or session is answered there like anybody else. */
  tellsNoName?: true;
  /** True for a person or key of the victim itself, to whom the victim's name is no secret. */
  ofVictim?: true;
}

export interface Matrix {
  ask: (
    method: string,
    path: string,
    asking: { body?: unknown; headers: Record<string, string> },
  ) => Promise<Answer>;
  routes: Route[];
  attacks: Record<string, Attack>;
  filters: Filter[];
  victim: Ids;
  /** Ids of the same forms that nobody has. */
  nobody: Ids;
  /** What must stand in no answer. */
  canaries: string[];
}

interface Case {
  name: string;
  asking: (ids: Ids) => { path: string; body?: unknown };
  expected: number;
}

/** Statuses for who holds these rights: 403 where another one is needed; keys are also kept from what is for people. */
export const holding =
  (scopes: readonly string[], kind: 'key' | 'person') =>
  (route: Route): number | undefined => {
    if (route.scope === 'public') return undefined;
    if (kind === 'key' && route.forPeople) return 403;
    return route.scope === 'any-caller' || scopes.includes(route.scope) ? undefined : 403;
  };

/** 401 wherever somebody must be known. */
export const unknown = ({ scope }: Route): number | undefined => (scope === 'public' ? undefined : 401);

export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;

/** Tries everything as one actor. @returns how many cases, and what was seen that must not be */
export async function tryAs(matrix: Matrix, actor: Actor): Promise<{ cases: number; leaks: string[] }> {
  const leaks: string[] = [];
  let cases = 0;
  for (const route of matrix.routes) {
    if (route.scope === 'public' && !actor.tellsNoName) continue;
    const line = matrix.attacks[nameOf(route)];
    if (!line) {
      leaks.push(`${nameOf(route)} stands not in the matrix`);
      continue;
    }
    const refused = actor.refused?.(route);
    const all = casesOf(matrix, route, line, actor);
    for (const one of refused === undefined ? all : all.slice(0, 1)) {
      cases += 1;
      const found = await tryCase(matrix, actor, route, { ...one, expected: refused ?? one.expected });
      leaks.push(...found.map((what) => `${actor.name}, ${nameOf(route)}, ${one.name}: ${what}`));
    }
  }
  return { cases, leaks };
}

/** Every place of a route in which an id of somebody else may stand. */
function casesOf(matrix: Matrix, route: Route, line: Attack, { own, everywhere }: Actor): Case[] {
  if (!own) return [plain(route, line)];
  const filters = matrix.filters.filter(([name]) => name === nameOf(route));
  const isWhole = everywhere?.(route) ?? true;
  return [
    plain(route, line),
    ...filters.map(([, field, of, expected = 404]) => ({
      name: `${field} of another`,
      asking: (ids: Ids) => asked(route, { ...line, ...of(ids) }, own, ids),
      expected,
    })),
    ...(line.id && isWhole ? secondaryIds(route, line, own) : []),
    ...(line.id && dependsOnIds(line.body, matrix) ? [foreignParent(route, line, own)] : []),
    ...(isWhole ? moves(route, line, own) : []),
  ];
}

const plain = (route: Route, line: Attack): Case => ({
  name: 'ids of another',
  asking: (ids) => asked(route, line, ids, ids),
  expected: line.expected,
});

/** Ids that WhatsApp or the tenant gave, where an id of ours belongs. */
function secondaryIds(route: Route, line: Attack, own: Ids): Case[] {
  const kinds = ['wamid', 'phoneNumberId', 'templateName', 'tenantId'] as const;
  return kinds.map((kind) => ({
    name: `${kind} in the path`,
    asking: (ids) => asked(route, { ...line, id: () => ids[kind] }, own, own),
    expected: 404,
  }));
}

/** A thing of the actor's own is tied to one of another. */
const foreignParent = (route: Route, line: Attack, own: Ids): Case => ({
  name: 'own id in the path, one of another in the body',
  asking: (ids) => asked(route, line, own, ids),
  expected: 404,
});

/** The tenant of a row is nothing that anybody may name. */
function moves(route: Route, line: Attack, own: Ids): Case[] {
  const query = (ids: Ids) => [line.query?.(own), `tenantId=${ids.tenantId}`].filter(Boolean).join('&');
  const inQuery: Case = {
    name: 'tenantId in the query',
    asking: (ids) => asked(route, { ...line, query }, own, ids),
    expected: 422,
  };
  const given = line.body?.(own);
  if (!route.body || typeof given !== 'object' || given === null) return [inQuery];
  const body = (ids: Ids) => ({ ...given, tenantId: ids.tenantId });
  return [
    inQuery,
    {
      name: 'tenantId in the body',
      asking: (ids) => asked(route, { ...line, body }, own, ids),
      expected: 422,
    },
  ];
}

function dependsOnIds(body: Attack['body'], { victim, nobody }: Matrix): boolean {
  return body !== undefined && JSON.stringify(body(victim)) !== JSON.stringify(body(nobody));
}

/** `inPath`: of `{id}`; `elsewhere`: of query and body. */
function asked(route: Route, line: Attack, inPath: Ids, elsewhere: Ids): { path: string; body?: unknown } {
  const query = line.query?.(elsewhere);
  const path = route.path.replace(/\{\w+\}/, line.id?.(inPath) ?? '') + (query ? `?${query}` : '');
  return { path, ...(line.body ? { body: line.body(elsewhere) } : {}) };
}

async function tryCase(
  matrix: Matrix,
  actor: Actor,
  route: Route,
  { asking, expected }: Case,
): Promise<string[]> {
  const ask = async (ids: Ids) => {
    const { path, body } = asking(ids);
    const headers = { ...actor.headers, 'X-Tenant-Id': ids.tenantId };
    return operationsOf(() =>
      matrix.ask(route.method.toUpperCase(), path, {
        headers: body === undefined ? headers : { ...headers, 'Idempotency-Key': 'one' },
        ...(body === undefined ? {} : { body }),
      }),
    );
  };
  let [foreign, work] = await ask(matrix.victim);
  const [unknown, usualWork] = await ask(matrix.nobody);
  // What is read once and then kept for a while was perhaps read by the first.
  if (work !== usualWork) [foreign, work] = await ask(matrix.victim);
  const found: string[] = [];
  const varies = matrix.attacks[nameOf(route)]?.varies ?? [];
  if (foreign.status !== expected) found.push(`answered ${foreign.status}, not ${expected}`);
  if (unknown.status !== foreign.status) found.push(`a random id answered ${unknown.status}`);
  if (comparable(foreign, varies) !== comparable(unknown, varies)) {
    found.push('told a foreign id from a random one');
  }
  if (work !== usualWork) {
    found.push(`worked differently: ${work} for a foreign id, ${usualWork} for a random one`);
  }
  if (!(actor.ofVictim && foreign.status < 300)) {
    for (const canary of matrix.canaries) if (foreign.text.includes(canary)) found.push(`showed ${canary}`);
  }
  return found;
}

/** The live feed may move between two answers. */
function comparable({ body }: Answer, varies: string[]): string {
  const known = Object.entries(body as Record<string, unknown>);
  return JSON.stringify(known.filter(([field]) => field !== 'feedCursor' && !varies.includes(field)));
}

/** What the work asked of the database: kinds of operations by collection, in no order. */
async function operationsOf<Result>(work: () => Promise<Result>): Promise<[Result, string]> {
  const operations: string[] = [];
  mongoose.set(
    'debug',
    (collection: string, operation: string) => void operations.push(`${collection}.${operation}`),
  );
  try {
    const result = await work();
    return [result, operations.sort().join(' ')];
  } finally {
    mongoose.set('debug', false);
  }
}
