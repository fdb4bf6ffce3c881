/**
 * `npm run audit:dependencies`: known weaknesses (high or worse) of the packages that run. Without a registry that
 * answers such questions nothing was checked: that is said loudly, and is an error only with --strict.
 */
import { spawnSync } from 'node:child_process';

import { projectFolder } from './lib/run.mjs';

const strict = process.argv.includes('--strict');
const { stdout, stderr, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: projectFolder,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  timeout: 60_000,
});

const answer = parsed(stdout);
const found = answer?.metadata?.vulnerabilities;
if (error || !found) {
  const why = answer?.message ?? answer?.error?.summary ?? error?.message ?? firstLine(stderr);
  console.error(`NOT CHECKED: no audit of the dependencies was possible here (${why}).`);
  process.exit(strict ? 1 : 0);
}
const bad = Object.values(answer.vulnerabilities).filter(({ severity }) =>
  ['high', 'critical'].includes(severity),
);
for (const { name, severity, range } of bad) console.error(`${severity}: ${name} ${range}`);
console.log(
  `checked: ${found.critical} critical, ${found.high} high, ${found.moderate} moderate, ${found.low} low weaknesses known`,
);
process.exit(bad.length > 0 ? 1 : 0);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstLine(text) {
  return text.trim().split('\n')[0] || 'no answer';
}
