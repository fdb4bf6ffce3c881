import { Context, evalExpr } from 'mingo/core';

import { MongoError, refuse } from '../errors.ts';
import { isIndex, splitPath } from '../values/paths.ts';
import { type Document, fieldOf, isDocument, type Value } from '../values/values.ts';
import { OPERATORS } from './operators.ts';
import { fromPlain, toPlain } from './plain.ts';

/** Values that an expression may name as `$$name`. */
export type Variables = Readonly<Record<string, Value>>;
/** An aggregation expression, ready to be evaluated. `undefined` means that there is no value. */
export type Expression = (document: Document, variables?: Variables) => Value;

const CONTEXT = Context.init({ expression: OPERATORS });

/**
 * Compiles an aggregation expression. Paths, constants and documents of expressions are evaluated here, with the
 * types of their values kept; operators by mingo, with our operators where mingo's differ from MongoDB's.
 */
export function compileExpression(expression: Value): Expression {
  if (typeof expression === 'string' && expression.startsWith('$')) return compilePath(expression);
  if (Array.isArray(expression)) {
    const elements = expression.map(compileExpression);
    return (document, variables) => elements.map((element) => element(document, variables) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const names = Object.keys(expression);
  if (names[0]?.startsWith('$')) return compileOperator(expression);
  const fields = names.map((name) => [name, compileExpression(expression[name])] as const);
  return (document, variables) => {
    const result: Document = {};
    for (const [name, field] of fields) {
      const value = field(document, variables);
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

function compilePath(path: string): Expression {
  if (!path.startsWith('$$')) return compileFieldPath(path.slice(1));
  const [name = '', ...rest] = path.slice(2).split('.');
  const parts = rest.length > 0 ? checkPath(rest.join('.')) : [];
  switch (name) {
    case 'ROOT':
    case 'CURRENT':
      return (document) => follow(document, parts);
    case 'NOW':
      return () => new Date();
    case 'REMOVE':
      return () => undefined;
    default:
      return (_document, variables = {}) => {
        if (!Object.hasOwn(variables, name)) {
          throw new MongoError(17276, `Use of undefined variable: ${name}`);
        }
        return follow(variables[name], parts);
      };
  }
}

function compileFieldPath(path: string): Expression {
  const parts = checkPath(path);
  return (document) => follow(document, parts);
}

/** In expressions a number in a path is a field's name; mingo takes it for a position, so it is refused. */
function checkPath(path: string): string[] {
  const parts = splitPath(path);
  const strange = parts.find((part) => isIndex(part) || part.startsWith('$'));
  if (strange) throw refuse(`The path part '${strange}' in an aggregation expression`, 16410);
  return parts;
}

function follow(value: Value, parts: readonly string[], at = 0): Value {
  const part = parts[at];
  if (part === undefined) return value;
  if (Array.isArray(value)) {
    return value.map((element) => follow(element, parts, at)).filter((item) => item !== undefined);
  }
  return isDocument(value) ? follow(fieldOf(value, part), parts, at + 1) : undefined;
}

function compileOperator(expression: Document): Expression {
  checkExpression(expression);
  const plain = toPlain(expression);
  return (document, variables = {}) => {
    const locals = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, toPlain(value)]),
    );
    try {
      return fromPlain(evalExpr(toPlain(document), plain, { context: CONTEXT, variables: locals } as never));
    } catch (error) {
      if (error instanceof MongoError) throw error;
      throw new MongoError(2, error instanceof Error ? error.message : String(error));
    }
  };
}

/** Refuses operators that are not on our list, before anything is evaluated. */
function checkExpression(expression: Value): void {
  if (typeof expression === 'string' && expression.startsWith('$')) compilePath(expression);
  if (Array.isArray(expression)) expression.forEach(checkExpression);
  if (!isDocument(expression)) return;
  const names = Object.keys(expression);
  const operator = names.find((name) => name.startsWith('$'));
  if (operator === undefined) return names.forEach((name) => checkExpression(expression[name]));
  if (names.length > 1) {
    throw new MongoError(15983, 'An object representing an expression must have exactly one field');
  }
  if (!Object.hasOwn(OPERATORS, operator)) throw refuse(`The expression operator ${operator}`, 168);
  if (operator !== '$literal') checkOperand(expression[operator]);
}

/** Operands with names (`{ $filter: { input, cond } }`) are no expressions themselves, what they hold is. */
function checkOperand(operand: Value): void {
  if (isDocument(operand) && !Object.keys(operand)[0]?.startsWith('$')) {
    Object.values(operand).forEach(checkExpression);
  } else checkExpression(operand);
}
