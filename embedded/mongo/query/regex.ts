import { MongoError, refuse } from '../errors.ts';

/**
 * MongoDB's regular expressions are PCRE's. The part of the language that both know is translated, with
 * PCRE's meaning of `.`, `$` and `\s`; what JavaScript does not know in its strict mode is refused.
 */
const OUTSIDE_CLASS: Record<string, string> = {
  '.': '[^\\n]',
  $: '(?=\\n?(?![\\s\\S]))',
  '\\s': '[ \\t\\n\\v\\f\\r]',
  '\\S': '[^ \\t\\n\\v\\f\\r]',
};
const SPACES = ' \\t\\n\\v\\f\\r';

function translate(pattern: string, dotAll: boolean): string {
  let inClass = false;
  return pattern.replace(/\\[\s\S]|[[\].$]/gu, (token) => {
    if (inClass) {
      if (token === ']') inClass = false;
      if (token === '\\S') throw refuse('$regex with \\S inside [ ]');
      return token === '\\s' ? SPACES : token;
    }
    if (token === '[') inClass = true;
    if (token === '.' && dotAll) return token;
    return OUTSIDE_CLASS[token] ?? token;
  });
}

/** Compiles a pattern with MongoDB's options `i` and `s`; others are refused by name. */
export function compileRegex(pattern: string, options: string): RegExp {
  const unsupported = /[^is]/.exec(options);
  if (unsupported) throw refuse(`$regex option '${unsupported[0]}'`);
  if (/\[\[:|\[\^?\]/.test(pattern)) throw refuse('$regex with a POSIX class or a leading ] in a class');
  try {
    return new RegExp(translate(pattern, options.includes('s')), `u${options}`);
  } catch (error) {
    if (error instanceof MongoError) throw error;
    throw refuse(`The $regex pattern (${error instanceof SyntaxError ? error.message : String(error)})`);
  }
}
