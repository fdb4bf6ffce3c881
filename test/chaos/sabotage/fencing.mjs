/**
 * The product without fencing: a worker that lost its lane goes on as if it were its own, and a send is taken whatever
 * its state. One worker is made to lose a lane; where the fence stands, that does no harm (a test shows it).
 */
import { register } from 'node:module';

import { SHORT_LOCKS } from './short-locks.mjs';

const data = [
  ...SHORT_LOCKS,
  { file: 'src/lanes/worker.js', find: /holds: async \(\) => [^\n]*/, put: 'holds: async () => true,' },
  {
    file: 'src/outbox/states.js',
    find: /\{ _id: message\._id, status: 'queued' \}(?=,\s*\{ \$set: \{ status: 'sending')/,
    put: '{ _id: message._id }',
  },
  {
    file: 'src/lanes/leases.js',
    find: /readFileSync\((new URL\([^\n]*?\)), 'utf8'\)/,
    put: "readFileSync($1, 'utf8').replace(/if redis\\.call\\('GET', KEYS\\[4\\]\\) ~= ARGV\\[1\\] then[^\\n]*/, '')",
  },
];

register('./hooks.mjs', import.meta.url, { data });
