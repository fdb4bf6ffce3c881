/** Names of the environment that nobody would set on purpose: typing errors, and settings that we do not have. */

/** Names that begin like these are ours: an unknown one is an error. */
const OURS = /^(META|GRAPH|EMBEDDED)_/;

/** One line for each odd name among `names`. */
export function oddNames(names: string[], known: string[]): string[] {
  return names
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const near = known.find((candidate) => isNear(name.toUpperCase(), candidate));
      if (near !== undefined) return [`${name} is not a setting; did you mean ${near}?`];
      const [prefix] = OURS.exec(name) ?? [];
      if (prefix === undefined) return [];
      const family = known.filter((candidate) => candidate.startsWith(prefix));
      return [`${name} is not a setting; known are ${family.join(', ')}`];
    });
}

/** Long names may differ by two letters, middling ones by one; short ones (PORT, HOST, ROLE) are near too much. */
function isNear(name: string, candidate: string): boolean {
  if (candidate.length <= 5) return false;
  const limit = candidate.length > 8 ? 2 : 1;
  return distanceUpTo(name, candidate, limit) <= limit;
}

/** Edit distance (Levenshtein), not computed where the lengths differ by more than `limit`. */
function distanceUpTo(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
