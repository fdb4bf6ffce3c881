/** The product whose spool takes everything and keeps nothing. */
import { register } from 'node:module';

const data = [
  {
    file: 'src/webhooks/spool.js',
    find: /async append\((\w+)\) \{/,
    put: 'async append($1) {\n        if ($1) return;',
  },
];

register('./hooks.mjs', import.meta.url, { data });
