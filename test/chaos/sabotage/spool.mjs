/** The product whose spool takes everything and keeps nothing. */
import { register } from 'node:module';

const data = [
  {
    file: 'src/webhooks/spool.js',
    find: /(?:async )?append\((\w+)\) \{/,
    put: 'append($1) {\n        if ($1) return Promise.resolve();',
  },
];

register('./hooks.mjs', import.meta.url, { data });
