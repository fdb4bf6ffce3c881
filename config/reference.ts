/**
 * The settings in `.env.example` and in the README, made from the schema. A test fails when they are stale:
 *
 *   node --import tsx config/reference.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { settingsReference } from './settings.ts';

export const ENV_EXAMPLE = new URL('../.env.example', import.meta.url);
export const README = new URL('../README.md', import.meta.url);

/** `.env.example`: every setting with what it is for, none of them set, since each can do without. */
export function envExample(): string {
  const title = '# Every setting of WHATSPER. Copy to .env, and take the # from what you need.\n';
  const entries = settingsReference().map(({ name, help, example }) => `# ${help}\n#${name}=${example}\n`);
  return [title, ...entries].join('\n');
}

const LIST = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

/** A README with the list of settings between its two marks. @throws when it has no marks. */
export function withSettings(readme: string): string {
  if (!LIST.test(readme)) throw new Error('The README has no <!-- settings --> … <!-- /settings -->.');
  const items = settingsReference().map(({ name, help, fallback }) => {
    const value = fallback === null ? '' : ` (\`${fallback}\`)`;
    return `- \`${name}\`${value}: ${help}\n`;
  });
  return readme.replace(LIST, (_all, begin: string, end: string) => `${begin}\n${items.join('')}\n${end}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(ENV_EXAMPLE, envExample());
  writeFileSync(README, withSettings(readFileSync(README, 'utf8')));
}
