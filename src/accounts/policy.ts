/** The privacy policy that people accept: its version, and the hash of the text that they saw. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Settings } from '../../config/settings.ts';
import { SafeError } from '../ops/log.ts';
import { POLICY_TEMPLATE } from './policy/template.ts';

export interface Policy {
  version: string;
  /** SHA-256 of version and texts, hexadecimal. */
  hash: string;
  /** By language; a policy of the installation's own is the same text in each. */
  text: { en: string; he: string };
}

const known = new Map<string, Policy>();

/** Read once in the life of a process: another policy begins with a restart. @throws SafeError when POLICY_FILE is not as it should be */
export function currentPolicy({ POLICY_FILE = '' }: Pick<Settings, 'POLICY_FILE'>): Policy {
  const policy = known.get(POLICY_FILE) ?? readPolicy(POLICY_FILE);
  known.set(POLICY_FILE, policy);
  return policy;
}

function readPolicy(file: string): Policy {
  if (file === '') return policyOf(POLICY_TEMPLATE.version, POLICY_TEMPLATE);
  const [, version = '', text = ''] =
    /^Version: *([\w.-]{1,40}) *\r?\n([^]*)$/.exec(readFileSync(file, 'utf8').trim()) ?? [];
  if (text.trim() === '') {
    throw new SafeError(
      'POLICY_FILE must begin with a line “Version: …”, and the text of the policy after it.',
    );
  }
  return policyOf(version, { en: text.trim(), he: text.trim() });
}

function policyOf(version: string, { en, he }: Policy['text']): Policy {
  const hash = createHash('sha256')
    .update(JSON.stringify([version, en, he]))
    .digest('hex');
  return { version, hash, text: { en, he } };
}
