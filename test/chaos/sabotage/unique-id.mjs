/** The product in which a message's id does not follow from its wamid, so that nothing tells a repeat. */
import { register } from 'node:module';

const data = [
  {
    file: 'src/conversations/ids.js',
    find: /`msg_\$\{await wamidKey\([^`]*`/,
    put: '`msg_${globalThis.crypto.randomUUID()}`',
  },
];

register('./hooks.mjs', import.meta.url, { data });
