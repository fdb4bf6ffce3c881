/** What people accept: the privacy policy, and the terms under which a business opens an account. Version, text, and hash. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Settings } from '../../config/settings.ts';
import { SafeError } from '../ops/log.ts';
import { POLICY_TEMPLATE } from './legal-templates/policy.ts';
import { TERMS_TEMPLATE } from './legal-templates/terms.ts';

export interface LegalText {
  version: string;
  /** SHA-256 of version and texts, hexadecimal. */
  hash: string;
  /** By language; a text of the installation's own is the same in each. */
  text: { en: string; he: string };
}

type Template = LegalText['text'] & { version: string };

const known = new Map<string, LegalText>();

/** @throws SafeError when POLICY_FILE is not as it should be */
export function currentPolicy({ POLICY_FILE }: Pick<Settings, 'POLICY_FILE'>): LegalText {
  return current('POLICY_FILE', POLICY_FILE, POLICY_TEMPLATE);
}

/** @throws SafeError when TERMS_FILE is not as it should be */
export function currentTerms({ TERMS_FILE }: Pick<Settings, 'TERMS_FILE'>): LegalText {
  return current('TERMS_FILE', TERMS_FILE, TERMS_TEMPLATE);
}

/** Read once in the life of a process: another text begins with a restart. */
function current(setting: string, file: string | undefined, template: Template): LegalText {
  const name = `${setting}=${file ?? ''}`;
  const text =
    known.get(name) ?? (file === undefined ? textOf(template.version, template) : readText(setting, file));
  known.set(name, text);
  return text;
}

function readText(setting: string, file: string): LegalText {
  const [, version = '', text = ''] =
    /^Version: *([\w.-]{1,40}) *\r?\n([^]*)$/.exec(readFileSync(file, 'utf8').trim()) ?? [];
  if (text.trim() === '') {
    throw new SafeError(`${setting} must begin with a line “Version: …”, and the text after it.`);
  }
  return textOf(version, { en: text.trim(), he: text.trim() });
}

function textOf(version: string, { en, he }: LegalText['text']): LegalText {
  const hash = createHash('sha256')
    .update(JSON.stringify([version, en, he]))
    .digest('hex');
  return { version, hash, text: { en, he } };
}
