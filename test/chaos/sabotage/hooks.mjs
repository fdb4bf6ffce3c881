/** Loader hooks that change the text of modules of the build as they are loaded. */
let edits = [];

export function initialize(given) {
  edits = given;
}

/** @throws Error when the text to change is no longer there: then the sabotage must be thought about anew */
export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  const own = edits.filter(({ file }) => url.endsWith(`/dist/${file}`));
  if (own.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { file, find, put } of own) {
    if (!find.test(source)) throw new Error(`The sabotage of ${file} no longer fits: ${find} is not in it.`);
    source = source.replace(find, put);
  }
  return { ...loaded, source };
}
