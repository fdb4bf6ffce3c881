/**
 * A request's body as JSON, read strictly: what two readers could understand differently, or what is made to reach
 * behind the values, is refused before any schema sees it. Names given twice, names that lead to prototypes, names
 * that MongoDB would take for operators, and nesting without end.
 */
import { isUtf8 } from 'node:buffer';

import express, { type Request, type Response } from 'express';

import { Reject } from '../ops/errors.ts';

/** Deeper than any body that a route knows. */
const DEEPEST = 64;
const LEADS_TO_PROTOTYPES = new Set(['__proto__', 'constructor', 'prototype']);

const readBytes = express.raw({ limit: '1mb', type: () => true });

/**
 * Undefined when there is no body.
 * @throws Reject (400) for what is no JSON, (415) for another content type, (422) for names that are refused; the
 * parser's own refusals for what is too large or packed in an unknown way
 */
export async function readJson(request: Request, response: Response): Promise<unknown> {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length === '0' && encoding === undefined) return undefined;
  if (request.is('application/json') === false) {
    throw new Reject(415, 'unsupported-media-type', 'Send the body as Content-Type: application/json.');
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new Reject(415, 'unsupported-media-type', 'Send JSON in UTF-8.');
  }
  await new Promise<void>((resolve, reject) => {
    readBytes(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else {
        reject(error instanceof Error ? error : new Error('The body could not be read.', { cause: error }));
      }
    });
  });
  return Buffer.isBuffer(request.body) && request.body.length > 0 ? strictJson(request.body) : undefined;
}

/** @throws Reject (400) `malformed-json`; (422) `invalid-request` */
export function strictJson(bytes: Buffer): unknown {
  const text = isUtf8(bytes) ? bytes.toString('utf8').replace(/^\ufeff/, '') : '';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Reject(400, 'malformed-json', 'The body is not valid JSON.');
  }
  checkNames(text);
  return value;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/** An object or list that is not closed yet. */
interface Open {
  /** Names so far; undefined in a list. */
  names?: Set<string>;
  /** Where it is now: a name, or a place in the list. */
  at: string | number;
}

/** Goes over the tokens of valid JSON without recursion. */
function checkNames(text: string): void {
  const open: Open[] = [];
  let isName = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (token === '{' || token === '[') {
      open.push(token === '{' ? { names: new Set(), at: '' } : { at: 0 });
      if (open.length > DEEPEST) throw refused('', `Nested deeper than ${DEEPEST} levels.`);
      isName = token === '{';
    } else if (token === '}' || token === ']') {
      open.pop();
      isName = false;
    } else if (token === ',') {
      isName = inner?.names !== undefined;
      if (typeof inner?.at === 'number') inner.at += 1;
    } else if (isName && inner?.names) {
      inner.at = JSON.parse(token) as string;
      checkName(inner.at, inner.names, open);
      isName = false;
    }
  }
}

function checkName(name: string, known: Set<string>, open: Open[]): void {
  const path = open.map(({ at }) => at).join('.');
  if (known.has(name)) throw refused(path, 'Given more than once.');
  if (LEADS_TO_PROTOTYPES.has(name)) throw refused(path, 'Not allowed as a name.');
  if (name.startsWith('$')) {
    throw refused(open.length > 1 ? path.slice(0, -name.length - 1) : path, 'Names must not begin with $.');
  }
  known.add(name);
}

function refused(path: string, message: string): Reject {
  return new Reject(422, 'invalid-request', 'The body is not as it should be; see errors.', {
    errors: [{ path: path.slice(0, 100), message }],
  });
}
