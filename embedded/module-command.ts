import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The command line that runs one of our own modules in a process of its own, from the sources as well as from a build.
 * @param from the caller's `import.meta.url`: its extension tells which of the two we run from
 * @param module path of the module relative to the caller, without extension
 */
export function moduleCommand(
  from: string,
  module: string,
): { command: string; args: string[]; path: string } {
  const extension = extname(fileURLToPath(from));
  const path = fileURLToPath(new URL(`${module}${extension}`, from));
  if (extension !== '.ts') return { command: process.execPath, args: [path], path };
  // Resolved here, since `--import tsx` would be looked up from the working directory.
  const tsx = pathToFileURL(createRequire(from).resolve('tsx')).href;
  return { command: process.execPath, args: ['--import', tsx, path], path };
}
